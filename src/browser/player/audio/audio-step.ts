/** Playback position and buffer of live audio, in seconds on its timeline. */
export interface AudioState {
  readonly position: number;
  /** Start of the newest contiguous range. */
  readonly start: number;
  /** End of the newest contiguous range. */
  readonly end: number;
  /** Position of the frame on the screen; null if unknown. */
  readonly frame: number | null;
  /** How often playback has stalled. */
  readonly stalls: number;
}

/** Distance to keep behind the newest audio: initial, added per stall, and maximum (s). */
const distance = { first: 0.1, more: 0.03, most: 0.4 } as const;
/** Offsets below this are not noticeable (s). */
const tolerance = 0.06;
/** Offsets above this are corrected by a seek (s). */
const farthest = 0.4;

/**
 * The seek or playback rate that keeps audio in sync with the video: never ahead of it, and as little behind as the
 * buffer allows. The browser preserves the pitch.
 */
export function audioStep({ position, start, end, frame, stalls }: AudioState): { seek?: number; rate: number } {
  const newest = end - Math.min(distance.most, distance.first + stalls * distance.more);
  const goal = Math.max(start, frame === null ? newest : Math.min(newest, frame));
  const off = goal - position;
  if (position < start - 0.001 || Math.abs(off) > farthest) return { seek: goal, rate: 1 };
  if (Math.abs(off) < tolerance) return { rate: 1 };
  return { rate: off > 0 ? 1.06 : 0.94 };
}
