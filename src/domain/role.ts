/** What a User may do: `viewer` watches, `operator` also takes and deletes photos, `admin` does everything. */
export type Role = 'viewer' | 'operator' | 'admin';

/** All roles, least first. */
export const roles = ['viewer', 'operator', 'admin'] as const satisfies readonly Role[];

/** True if `role` may do what `needed` may. */
export function roleAllows(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}

/** True for one of the names of {@link roles}. */
export function isRole(value: unknown): value is Role {
  return (roles as readonly unknown[]).includes(value);
}
