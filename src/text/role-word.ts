import { m } from '#messages';
import type { Role } from '../domain/users/role.ts';

/** The name of a role. */
export function roleWord(role: Role): string {
  return { viewer: m.users_role_viewer, operator: m.users_role_operator, admin: m.users_role_admin }[role]();
}
