import { rtpTime } from '../../formats/rtp/rtp-packet.ts';

/** Pieces that are off by no more than this share of a second follow each other without a gap. */
const tolerance = 1 / 100;

/**
 * The RTP timestamps of pieces of one length. Times of capture are rounded, and a gap of one sample would be heard: so
 * each piece begins where the one before it ended, unless it was captured more than 10 ms before or after that.
 */
export class EvenTicks {
  readonly #rate: number;
  readonly #length: number;
  #next: number | null = null;

  /**
   * @param rate ticks per second
   * @param length ticks of a piece
   */
  constructor(rate: number, length: number) {
    this.#rate = rate;
    this.#length = length;
  }

  /** @param milliseconds since 1970, when the piece was captured */
  of(milliseconds: number): number {
    const captured = rtpTime(milliseconds, this.#rate);
    const isEven = this.#next !== null && Math.abs((captured - this.#next) | 0) <= this.#rate * tolerance;
    const timestamp = isEven ? (this.#next as number) : captured;
    this.#next = (timestamp + this.#length) % 2 ** 32;
    return timestamp;
  }
}
