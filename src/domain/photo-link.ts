/** A link that shows one photo to anybody who has it, until it expires or is revoked. */
export interface PhotoLink {
  readonly id: string;
  readonly photoId: string;
  /** The name of the user who made it. */
  readonly createdBy: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** How long a link may last, in days. */
export const linkDays = [1, 7, 30] as const;
