import type { UserRecord } from './user-repository.ts';

/** The credential behind a grant: a session, an API token, or a name and password sent with each request. */
export type GrantKind = 'session' | 'token' | 'user';

/** A grant taken apart. */
export interface Grant {
  readonly kind: GrantKind;
  /** The session's, the token's or the user's id. */
  readonly id: string;
  readonly userId: string;
  /** The user's access revision when it was granted; a change of role or cameras ends earlier grants. */
  readonly accessRevision: number;
  /** The user's password revision when it was granted; only `user` grants depend on it. */
  readonly passwordRevision: number;
}

/** The grant of the public. It is never revoked. */
export const publicGrant = 'public';

/** Writes a grant as the string that travels in a Principal: `session:ID@USER.ACCESS.PASSWORD`. */
export function grantText(kind: GrantKind, id: string, user: UserRecord): string {
  return `${kind}:${id}@${user.id}.${user.accessRevision}.${user.passwordRevision}`;
}

/** Reads what {@link grantText} wrote; undefined for {@link publicGrant} and anything else. */
export function parseGrant(text: string): Grant | undefined {
  const [, kind, id, userId, access, password] =
    /^(session|token|user):([^@]+)@([^.]+)\.(\d+)\.(\d+)$/.exec(text) ?? [];
  if (id === undefined || userId === undefined) return undefined;
  return {
    kind: kind as GrantKind,
    id,
    userId,
    accessRevision: Number(access),
    passwordRevision: Number(password),
  };
}
