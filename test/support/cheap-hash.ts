import { createHash } from 'node:crypto';
import type { PasswordHash } from '../../src/accounts/passwords/auth.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Hashes passwords at no cost. scrypt takes a tenth of a second, and much longer on a busy machine. */
export const cheapHash: PasswordHash = {
  hash: async (password) => sha256(password),
  verify: async ({ hash, password }) => hash === sha256(password),
};
