/** The fraction of a packet's deviation by which the clock is corrected, if only its arrival time is known. */
const correction = 0.02;
/** A larger deviation is not jitter, but a pause or a restart of the source, in milliseconds. */
const maxJitter = 400;

/**
 * Computes when audio was captured, in milliseconds on the monotonic clock. Packets arrive from a network with jitter,
 * but the audio in them is continuous: so the clock advances evenly, and slowly follows the arrival times.
 */
export class AudioClock {
  /** The expected start of the next frame; null before the first. */
  #next: number | null = null;
  /** The time of the latest packet. */
  #packetTime = NaN;
  /** The duration of the frames that the latest packet has yielded so far, in milliseconds. */
  #decoded = 0;

  /**
   * Returns the start of the next frame.
   *
   * @param duration the length of the frame, in milliseconds
   * @param time when the first sample of the frame's packet was captured if `exact`, else when the packet arrived
   */
  startOf(duration: number, time: number, exact: boolean): number {
    this.#decoded = time === this.#packetTime ? this.#decoded : 0;
    this.#packetTime = time;
    const measured = exact ? time + this.#decoded : time - duration;
    this.#decoded += duration;
    const start = this.#start(measured, exact);
    this.#next = start + duration;
    return start;
  }

  /** Starts over with the next packet. */
  restart(): void {
    this.#next = null;
    this.#packetTime = NaN;
  }

  #start(measured: number, exact: boolean): number {
    if (exact || this.#next === null || Math.abs(measured - this.#next) > maxJitter) return measured;
    return this.#next + (measured - this.#next) * correction;
  }
}
