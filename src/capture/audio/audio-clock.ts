/** How much of what a packet is early or late by is taken over, where its time is that of its arrival. */
const trust = 0.02;
/** What is further off than this is no jitter: the sound has paused, or the source begins anew; in milliseconds. */
const farthest = 400;

/**
 * When sound was captured, in milliseconds of the monotonic clock. Packets of a network come by fits and starts, while
 * the sound in them goes on evenly: so their times are those of an even clock, which slowly follows the arrivals.
 */
export class AudioClock {
  /** When the next piece is expected to begin; null before the first. */
  #next: number | null = null;
  /** When the packet of the last piece was captured, and how much of it was told. */
  #packetTime = NaN;
  #told = 0;

  /**
   * When the next piece begins.
   *
   * @param duration of the piece, in milliseconds
   * @param time of its packet: when its first sample was captured if that is exact, else when it arrived
   */
  startOf(duration: number, time: number, exact: boolean): number {
    this.#told = time === this.#packetTime ? this.#told : 0;
    this.#packetTime = time;
    const told = exact ? time + this.#told : time - duration;
    this.#told += duration;
    const start = this.#start(told, exact);
    this.#next = start + duration;
    return start;
  }

  /** Forgets what was before. */
  restart(): void {
    this.#next = null;
    this.#packetTime = NaN;
  }

  #start(told: number, exact: boolean): number {
    if (exact || this.#next === null || Math.abs(told - this.#next) > farthest) return told;
    return this.#next + (told - this.#next) * trust;
  }
}
