import type { Role } from './role.ts';

/** Somebody who may sign in. */
export interface User {
  readonly id: string;
  /** The name typed to sign in: 1 to 30 of letters, digits, `.`, `_` and `-`; compared without case. */
  readonly username: string;
  readonly role: Role;
  /** The ids of the Cameras this User may see, or null for all. */
  readonly cameras: readonly string[] | null;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** Who makes a request: a signed-in User, a token's User, or the public where access is public. */
export interface Principal {
  readonly kind: 'session' | 'token' | 'password' | 'public';
  /** Null for the public. */
  readonly user: User | null;
  readonly role: Role;
  /** The ids of the Cameras they may see, or null for all. */
  readonly cameras: readonly string[] | null;
  /**
   * What a revocation names: `session:ID`, `token:ID`, `user:ID` (basic authentication) or `public`. Streams and
   * sockets opened under it end when it is revoked.
   */
  readonly grant: string;
  /** The id under which watching state is kept: the sign-in's session id, or the anonymous visitor's own. */
  readonly sessionId: string | null;
}

/** True if the principal may see the camera. */
export function maySee(principal: Principal, cameraId: string): boolean {
  return principal.cameras === null || principal.cameras.includes(cameraId);
}

/** A sign-in, as its User sees it in the list of sessions. */
export interface SessionInfo {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Milliseconds since the epoch. */
  readonly lastSeenAt: number;
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
  /** True for the session that asks. */
  readonly current: boolean;
}

/** An API token, as listed; the token itself is shown once, when it is made. */
export interface TokenInfo {
  readonly id: string;
  readonly name: string;
  readonly username: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Milliseconds since the epoch, or null if never. */
  readonly lastUsedAt: number | null;
}
