/** Stats of the video on the page. */
export interface Stats {
  /** Frames drawn per second. */
  readonly fps: number;
  /** Latency from the camera to the screen (ms); null while unknown. */
  readonly age: number | null;
  /** Latency of each frame of the last two seconds, in order; {@link age} is their median. */
  readonly ages: readonly number[];
  /** Bits per second. */
  readonly bitrate: number;
  /** Frames of the camera that were not drawn since Start. */
  readonly drops: number;
}

const windowMs = 2000;
/** Frames of a shorter time tell no rate: the first ones may come at once (ms). */
const leastMs = 500;

/** Measures frame rate, latency and bitrate over the last two seconds. */
export class Meter {
  #drawn: { readonly at: number; readonly age: number }[] = [];
  #received: { readonly at: number; readonly bytes: number }[] = [];
  #drops = 0;
  #lastSequence: number | null = null;

  /** Notes a received frame; gaps in the sequence count as drops. */
  received(sequence: number, bytes: number, at: number): void {
    const gap = this.#lastSequence === null ? 0 : sequence - this.#lastSequence - 1;
    // If the sequence goes back, the camera has restarted.
    if (gap > 0) this.#drops += gap;
    this.#lastSequence = sequence;
    this.#received.push({ at, bytes });
    this.#received = recent(this.#received, at);
  }

  /** The next frame starts a new stream: frames that were not requested are not drops. */
  beginStream(): void {
    this.#lastSequence = null;
  }

  /** Notes a frame that was discarded for a newer one. */
  dropped(): void {
    this.#drops += 1;
  }

  /** Notes a frame on the screen, `age` milliseconds after its capture. */
  drawn(age: number, at: number): void {
    this.#drawn.push({ at, age });
    this.#drawn = recent(this.#drawn, at);
  }

  /** The current stats. */
  stats(now: number): Stats {
    const drawn = recent(this.#drawn, now);
    const received = recent(this.#received, now);
    const ages = drawn.filter((each) => now - each.at <= windowMs).map((each) => each.age);
    return {
      fps: perSecond(drawn, drawn.length - 1),
      age: [...ages].sort((a, b) => a - b)[ages.length >> 1] ?? null,
      ages,
      bitrate: perSecond(
        received,
        received.slice(1).reduce((sum, { bytes }) => sum + bytes * 8, 0),
      ),
      drops: this.#drops,
    };
  }

  /** Starts over, after Stop. */
  reset(): void {
    this.#drawn = [];
    this.#received = [];
    this.#drops = 0;
    this.#lastSequence = null;
  }
}

/** The frames of the last two seconds and the one before them, so that a burst after a pause is not taken for the rate. */
function recent<T extends { readonly at: number }>(frames: readonly T[], now: number): T[] {
  return frames.filter((each, index) => now - (frames[index + 1] ?? each).at <= windowMs);
}

/** An amount that came after the first frame, per second; 0 at first. A pause of hours, such as of a hidden tab, counts as seconds. */
function perSecond(frames: readonly { readonly at: number }[], amount: number): number {
  const duration = (frames.at(-1)?.at ?? 0) - (frames[0]?.at ?? 0);
  return duration >= leastMs ? (amount * 1000) / Math.min(duration, 2 * windowMs) : 0;
}
