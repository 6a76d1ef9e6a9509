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
    this.#received = this.#received.filter((each) => at - each.at <= windowMs);
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
    this.#drawn = this.#drawn.filter((each) => at - each.at <= windowMs);
  }

  /** The current stats. */
  stats(now: number): Stats {
    const drawn = this.#drawn.filter((each) => now - each.at <= windowMs);
    const received = this.#received.filter((each) => now - each.at <= windowMs);
    const ages = drawn.map((each) => each.age);
    return {
      fps: rate(drawn.map((each) => each.at)),
      age: [...ages].sort((a, b) => a - b)[ages.length >> 1] ?? null,
      ages,
      bitrate: rate(received.map((each) => each.at)) * mean(received.map((each) => each.bytes)) * 8,
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

function rate(times: readonly number[]): number {
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined || last <= first) return 0;
  return ((times.length - 1) * 1000) / (last - first);
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
