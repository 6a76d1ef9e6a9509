import type { Role } from './role.ts';
import type { TokenLimits } from './token-scope.ts';

/** A person or program with an account. */
export interface User {
  readonly id: string;
  /** The name used to sign in: 1 to 30 letters, digits, `.`, `_` and `-`. Case is ignored when it is compared. */
  readonly username: string;
  readonly role: Role;
  /** The ids of the Cameras that this User may see; null for all. */
  readonly cameras: readonly string[] | null;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** Who makes a request: a signed-in User, the User of a token, or the public if access is public. */
export interface Principal {
  readonly kind: 'session' | 'token' | 'password' | 'public';
  /** Null for the public, and for a token of the scope `watch`, which does not act for its User. */
  readonly user: User | null;
  readonly role: Role;
  /** The ids of the Cameras that they may see; null for all. */
  readonly cameras: readonly string[] | null;
  /**
   * The grant that the request is made under: `session:ID`, `token:ID`, `user:ID` (basic authentication) or `public`.
   * When it is revoked, the streams and sockets opened under it end.
   */
  readonly grant: string;
  /** The id that watching state is kept under: that of the session, or of an anonymous visitor. */
  readonly sessionId: string | null;
}

/** True if the principal may see the camera. */
export function maySee(principal: Principal, cameraId: string): boolean {
  return principal.cameras === null || principal.cameras.includes(cameraId);
}

/** A Session as its User sees it. */
export interface SessionInfo {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Milliseconds since the epoch. */
  readonly lastSeenAt: number;
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
  /** True for the Session that makes the request. */
  readonly current: boolean;
}

/** An API token in a list. The token itself is shown only once, when it is created. */
export interface TokenInfo extends TokenLimits {
  readonly id: string;
  readonly name: string;
  readonly username: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Milliseconds since the epoch, or null if never. */
  readonly lastUsedAt: number | null;
  /** The Role that it acts with: its User's, or `viewer` with the scope `watch`. */
  readonly role: Role;
}
