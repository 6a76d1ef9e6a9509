/** Where a player of live sound is, in seconds of its timeline. */
export interface AudioState {
  /** What is being heard. */
  readonly position: number;
  /** The newest stretch without a gap. */
  readonly start: number;
  readonly end: number;
  /** The moment of the picture that is shown; null if that is not known. */
  readonly picture: number | null;
  /** How often it has run dry. */
  readonly stalls: number;
}

/** How far behind the newest sound to play, in seconds: at first, more after each time it ran dry, and at most. */
const distance = { first: 0.1, more: 0.03, most: 0.4 } as const;
/** What nobody notices, in seconds. */
const tolerance = 0.06;
/** What is mended by a jump, in seconds. */
const farthest = 0.4;

/**
 * Where to go, or how fast to play, to be heard with the picture: not before it, and as little behind it as there is
 * sound for. The pitch is the browser's to keep.
 */
export function audioStep({ position, start, end, picture, stalls }: AudioState): { seek?: number; rate: number } {
  const newest = end - Math.min(distance.most, distance.first + stalls * distance.more);
  const goal = Math.max(start, picture === null ? newest : Math.min(newest, picture));
  const off = goal - position;
  if (position < start - 0.001 || Math.abs(off) > farthest) return { seek: goal, rate: 1 };
  if (Math.abs(off) < tolerance) return { rate: 1 };
  return { rate: off > 0 ? 1.06 : 0.94 };
}
