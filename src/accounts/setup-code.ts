import { createHash, randomInt, timingSafeEqual } from 'node:crypto';

/** A new one-time code: 16 letters in groups of four, easy to type from a terminal, 79 bits. */
export function newSetupCode(): string {
  const letters = '23456789abcdefghjkmnpqrstuvwxyz';
  const group = () => Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join('');
  return [group(), group(), group(), group()].join('-');
}

/** Compares a code with the right one, without telling by its time how much was right. An empty code is never right. */
export function sameCode(given: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return right !== '' && timingSafeEqual(digest(given), digest(right));
}
