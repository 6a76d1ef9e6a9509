import { PortholeError } from '../domain/errors.ts';
import { isRole, type Role } from '../domain/role.ts';
import { isTokenScope, tokenScopes, type TokenLimits } from '../domain/token-scope.ts';

/** Fewest and most characters of a password. */
export const passwordLength = { least: 8, most: 128 } as const;

/** Valid user names. */
export const usernamePattern = /^[A-Za-z0-9._-]{1,30}$/;

/** @throws {PortholeError} `invalid_input` for the field, unless it is a good user name. */
export function checkUsername(username: unknown, field = 'username'): string {
  if (typeof username === 'string' && usernamePattern.test(username)) return username;
  throw new PortholeError('invalid_input', {
    field,
    message: 'A user name has 1 to 30 characters: letters from a to z, digits, ".", "_" and "-".',
  });
}

/** @throws {PortholeError} `invalid_input` for the field, unless it may become somebody's password. */
export function checkPassword(password: unknown, field = 'password'): string {
  const { least, most } = passwordLength;
  if (typeof password === 'string' && password.length >= least && password.length <= most) return password;
  const long = typeof password === 'string' && password.length > most;
  throw new PortholeError('invalid_input', {
    field,
    message: long
      ? `This password is too long. It has at most ${most} characters.`
      : `This password is too short. It has at least ${least} characters.`,
  });
}

/** @throws {PortholeError} `invalid_input`, unless it is a Role. */
export function checkRole(role: unknown): Role {
  if (isRole(role)) return role;
  throw new PortholeError('invalid_input', { field: 'role', message: 'A role is viewer, operator or admin.' });
}

/** @throws {PortholeError} `invalid_input`, unless it is null (all) or a list of camera ids. */
export function checkCameras(cameras: unknown): readonly string[] | null {
  if (cameras === null) return null;
  if (Array.isArray(cameras) && cameras.length <= 1000 && cameras.every((id) => /^[a-z0-9-]{1,60}$/.test(String(id)))) {
    return cameras.map(String);
  }
  throw new PortholeError('invalid_input', {
    field: 'cameras',
    message: 'cameras is a list of camera ids, or null for all.',
  });
}

/** @throws {PortholeError} `invalid_input`, unless it is a name for a token. */
export function checkTokenName(name: unknown): string {
  const trimmed = typeof name === 'string' ? name.trim() : '';
  if (trimmed.length >= 1 && trimmed.length <= 60) return trimmed;
  throw new PortholeError('invalid_input', {
    field: 'name',
    message: 'Give the token a name of 1 to 60 characters that says what uses it.',
  });
}

/** The longest that a token with an end may last, in milliseconds. */
const longestExpiry = 10 * 366 * 86_400_000;

/** @throws {PortholeError} `invalid_input`, unless these limit a token. Without them, it may do what its user may. */
export function checkTokenLimits(limits: Partial<Record<keyof TokenLimits, unknown>>, now: number): TokenLimits {
  const { scope = 'full', cameras = null, expiresAt = null } = limits;
  if (!isTokenScope(scope)) {
    const message = `A scope is one of ${tokenScopes.join(', ')}.`;
    throw new PortholeError('invalid_input', { field: 'scope', message });
  }
  if (cameras !== null && scope !== 'watch') {
    const message = 'Only a token with the scope watch can be limited to cameras.';
    throw new PortholeError('invalid_input', { field: 'cameras', message });
  }
  if (expiresAt !== null && !(typeof expiresAt === 'number' && expiresAt > now && expiresAt <= now + longestExpiry)) {
    const message = 'A token ends in the future, in ten years at the latest. Give the time in milliseconds since 1970.';
    throw new PortholeError('invalid_input', { field: 'expiresAt', message });
  }
  return { scope, cameras: checkCameras(cameras), expiresAt: expiresAt === null ? null : Math.floor(expiresAt) };
}

const dayMs = 86_400_000;

/**
 * The end of a token in a form, as days from now; empty for none.
 *
 * @returns NaN for text that isn't a number, which {@link checkTokenLimits} refuses
 */
export function expiryOf(days: string, now: number): number | null {
  return days === '' ? null : now + Number(days) * dayMs;
}
