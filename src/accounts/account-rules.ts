import { PortholeError } from '../domain/errors.ts';
import { forbiddenInNames } from '../domain/name-characters.ts';
import { isRole, type Role } from '../domain/users/role.ts';
import { isTokenScope, tokenScopes, type TokenLimits } from '../domain/users/token-scope.ts';
import { sentence } from '../messages/sentence.ts';

/** Fewest and most characters of a password. */
export const passwordLength = { least: 8, most: 128 } as const;

/** Valid user names. */
export const usernamePattern = /^[A-Za-z0-9._-]{1,30}$/;

/** @throws {PortholeError} `invalid_input` for the field, unless it is a good user name. */
export function checkUsername(username: unknown, field = 'username'): string {
  if (typeof username === 'string' && usernamePattern.test(username)) return username;
  throw new PortholeError('invalid_input', {
    field,
    message: sentence('account_username_rule'),
  });
}

/** @throws {PortholeError} `invalid_input` for the field, unless it may become somebody's password. */
export function checkPassword(password: unknown, field = 'password'): string {
  const { least, most } = passwordLength;
  if (typeof password === 'string' && password.length >= least && password.length <= most) return password;
  const long = typeof password === 'string' && password.length > most;
  throw new PortholeError('invalid_input', {
    field,
    message: long ? sentence('account_password_long', { most }) : sentence('account_password_short', { least }),
  });
}

/** @throws {PortholeError} `invalid_input`, unless it is a Role. */
export function checkRole(role: unknown): Role {
  if (isRole(role)) return role;
  throw new PortholeError('invalid_input', { field: 'role', message: sentence('account_role_rule') });
}

/** @throws {PortholeError} `invalid_input`, unless it is null (all) or a list of camera ids. */
export function checkCameras(cameras: unknown): readonly string[] | null {
  if (cameras === null) return null;
  if (Array.isArray(cameras) && cameras.length <= 1000 && cameras.every((id) => /^[a-z0-9-]{1,60}$/.test(String(id)))) {
    return cameras.map(String);
  }
  throw new PortholeError('invalid_input', {
    field: 'cameras',
    message: sentence('account_cameras_rule'),
  });
}

/** @throws {PortholeError} `invalid_input`, unless it is a name for a token. */
export function checkTokenName(name: unknown): string {
  const trimmed = typeof name === 'string' ? name.trim() : '';
  if (trimmed.length >= 1 && trimmed.length <= 60 && !forbiddenInNames.test(trimmed)) return trimmed;
  throw new PortholeError('invalid_input', {
    field: 'name',
    message: sentence('account_token_name_rule'),
  });
}

/** The longest that a token with an end may last, in milliseconds. */
const longestExpiry = 10 * 366 * 86_400_000;

/** @throws {PortholeError} `invalid_input`, unless these limit a token. Without them, it may do what its user may. */
export function checkTokenLimits(limits: Partial<Record<keyof TokenLimits, unknown>>, now: number): TokenLimits {
  const { scope = 'full', cameras = null, expiresAt = null } = limits;
  if (!isTokenScope(scope)) {
    const message = sentence('account_scope_rule', { scopes: tokenScopes.join(', ') });
    throw new PortholeError('invalid_input', { field: 'scope', message });
  }
  if (cameras !== null && scope !== 'watch') {
    const message = sentence('account_scope_cameras_rule');
    throw new PortholeError('invalid_input', { field: 'cameras', message });
  }
  if (expiresAt !== null && !(typeof expiresAt === 'number' && expiresAt > now && expiresAt <= now + longestExpiry)) {
    const message = sentence('account_expiry_rule');
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
