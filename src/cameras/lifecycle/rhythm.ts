import type { SourceLimits } from '../../domain/cameras/source-kinds.ts';

/** This many intervals without a frame mean that a stream has stopped. */
const intervals = 4;
/** A stream's rhythm is known after this many frames. */
const fewestFrames = 10;
/** A pause tells about the rhythm for this many times its length, */
const memory = 10;
/** if pauses take more than this share of that time: a network that fails now and then is no rhythm. */
const fewestPaused = 0.5;
/** A source that claims a longer interval may take longer still: a camera that is asked for each image. In milliseconds. */
const steadyInterval = 1_000;
/** No stream may be silent for longer, in milliseconds. */
const longest = 120_000;

/** Tells how long a stream may be silent, by the rate that it claims, and by the pauses between its frames if it is slow. */
export class Rhythm {
  readonly #limits: Omit<SourceLimits, 'retry'>;
  /** The pauses that are long enough to matter, in milliseconds, and when they ended. */
  #pauses: { readonly length: number; readonly at: number }[] = [];
  #frames = 0;
  readonly #beganAt: number;
  #lastAt: number;
  /** The interval between frames by the rate that the source claims, in milliseconds; null if it claims none. */
  #claimed: number | null = null;

  /** @param now when the first frame arrived, in milliseconds on the monotonic clock */
  constructor(limits: Omit<SourceLimits, 'retry'>, now: number) {
    this.#limits = limits;
    this.#beganAt = now;
    this.#lastAt = now;
  }

  /** Sets the rate that the source claims, in frames per second. */
  claim(fps: number | null): void {
    this.#claimed = fps === null ? null : 1_000 / Math.max(0.05, fps);
  }

  /** Notes frames that have arrived since the last call. */
  arrived(now: number, frames = 1): void {
    const length = now - this.#lastAt;
    if (length * intervals > this.#limits.silence) this.#pauses.push({ length, at: now });
    this.#frames += frames;
    this.#lastAt = now;
  }

  /** For how long no frame has arrived, in milliseconds. */
  silence(now: number): number {
    return now - this.#lastAt;
  }

  /** How long the stream may be silent now, in milliseconds. */
  limit(now: number): number {
    const { silence, opening } = this.#limits;
    const claimed = Math.max(silence, intervals * (this.#claimed ?? 0));
    if (this.#claimed !== null && this.#claimed <= steadyInterval) return claimed;
    this.#pauses = this.#pauses.filter(({ length, at }) => now - at < memory * length);
    const lengths = this.#pauses.map(({ length }) => length);
    const longestPause = Math.max(0, ...lengths);
    const time = Math.min(this.#lastAt - this.#beganAt, memory * longestPause);
    const paused = lengths.reduce((sum, length) => sum + length, 0);
    const pause = paused > fewestPaused * time ? longestPause : 0;
    const unknown = this.#frames < fewestFrames ? opening : 0;
    return Math.max(claimed, Math.min(longest, Math.max(unknown, intervals * pause)));
  }
}
