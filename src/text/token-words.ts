import type { TokenInfo } from '../domain/user.ts';

/** A token's permissions: `full access as admin`, `only watching Front door`. */
export function tokenScopeWord(
  { scope, role, cameras }: Pick<TokenInfo, 'scope' | 'role' | 'cameras'>,
  nameOf: (cameraId: string) => string,
): string {
  if (scope === 'full') return `full access as ${role}`;
  if (cameras === null) return 'only watching';
  return cameras.length === 0 ? 'no camera' : `only watching ${cameras.map(nameOf).join(', ')}`;
}
