/** The permissions of a User: `viewer` watches, `operator` also takes and deletes photos, `admin` can do everything. */
export type Role = 'viewer' | 'operator' | 'admin';

/** All roles, in the order of their permissions. */
export const roles = ['viewer', 'operator', 'admin'] as const satisfies readonly Role[];

/** True if `role` includes the permissions of `needed`. */
export function roleAllows(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}

/** True for one of the names of {@link roles}. */
export function isRole(value: unknown): value is Role {
  return (roles as readonly unknown[]).includes(value);
}
