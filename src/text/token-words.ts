import { m } from '#messages';
import type { TokenInfo } from '../domain/users/user.ts';
import { roleWord } from './role-word.ts';

/** A token's permissions: `full access as admin`, `only watching Front door`. */
export function tokenScopeWord(
  { scope, role, cameras }: Pick<TokenInfo, 'scope' | 'role' | 'cameras'>,
  nameOf: (cameraId: string) => string,
): string {
  if (scope === 'full') return m.account_scope_full({ role: roleWord(role) });
  if (cameras === null) return m.account_scope_watch();
  return cameras.length === 0
    ? m.account_scope_none()
    : m.account_scope_cameras({ cameras: cameras.map(nameOf).join(', ') });
}

/** A warning about a token without limits. */
export function mightWord({ role, username }: Pick<TokenInfo, 'role' | 'username'>): string {
  return role === 'admin' ? m.account_might_admin() : m.account_might_user({ name: username });
}
