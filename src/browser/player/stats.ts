/** What one picture on the page is measured by. */
export interface Stats {
  /** Pictures drawn per second. */
  readonly fps: number;
  /** Milliseconds from the camera to the screen; null while unknown. */
  readonly age: number | null;
  /** The same of each picture of the last two seconds, in their order; {@link age} is the one in the middle. */
  readonly ages: readonly number[];
  /** Bits per second. */
  readonly bitrate: number;
  /** Pictures of the camera that were not drawn since Start. */
  readonly drops: number;
}

const windowMs = 2000;

/** Measures over the last two seconds. */
export class Meter {
  #drawn: { readonly at: number; readonly age: number }[] = [];
  #received: { readonly at: number; readonly bytes: number }[] = [];
  #drops = 0;
  #lastSequence: number | null = null;

  /** A picture came in; gaps in the sequence are drops. */
  received(sequence: number, bytes: number, at: number): void {
    const gap = this.#lastSequence === null ? 0 : sequence - this.#lastSequence - 1;
    // A sequence that jumps back is a camera that was started again.
    if (gap > 0) this.#drops += gap;
    this.#lastSequence = sequence;
    this.#received.push({ at, bytes });
    this.#received = this.#received.filter((each) => at - each.at <= windowMs);
  }

  /** What comes now follows on nothing: pictures that were not asked for are not missed. */
  beginStream(): void {
    this.#lastSequence = null;
  }

  /** A picture was given up for a newer one. */
  dropped(): void {
    this.#drops += 1;
  }

  /** A picture is on the screen, so many milliseconds after it was captured. */
  drawn(age: number, at: number): void {
    this.#drawn.push({ at, age });
    this.#drawn = this.#drawn.filter((each) => at - each.at <= windowMs);
  }

  /** The figures now. */
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

  /** Begins anew: another stream, or Start after Stop. */
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
