/** The permissions of a token: `full` is everything that its User may do, `watch` only to watch. */
export const tokenScopes = ['full', 'watch'] as const;
/** One of {@link tokenScopes}. */
export type TokenScope = (typeof tokenScopes)[number];

/** True for one of {@link tokenScopes}. */
export function isTokenScope(value: unknown): value is TokenScope {
  return (tokenScopes as readonly unknown[]).includes(value);
}

/** The limits of a token within those of its User. */
export interface TokenLimits {
  readonly scope: TokenScope;
  /** With the scope `watch`, the ids of the Cameras that it shows; null for all that its User may see. */
  readonly cameras: readonly string[] | null;
  /** When it ends, in milliseconds since the epoch; null if it lasts until it is revoked. */
  readonly expiresAt: number | null;
}

/** The Cameras that both lists allow. Null means all. */
export function camerasOfBoth(
  one: readonly string[] | null,
  other: readonly string[] | null,
): readonly string[] | null {
  if (one === null) return other;
  return other === null ? one : one.filter((id) => other.includes(id));
}
