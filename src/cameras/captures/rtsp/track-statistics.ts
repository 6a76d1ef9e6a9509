import { receiverReport, type SenderClock } from '../../../formats/rtp/rtcp.ts';
import type { IncomingPacket } from '../../../formats/rtp/receive/incoming-packet.ts';

/** Packets that are further apart than this belong to another stream. */
const farthest = 3_000;

/** Counts the packets of one track. */
export class TrackStatistics {
  #ssrc = 0;
  /** The highest sequence number, with its wraps; -1 before the first packet. */
  #highest = -1;
  #lost = 0;
  #report: { readonly middle: number; readonly at: number } | null = null;

  /** Notes a packet. @returns true if packets before it are missing */
  note({ ssrc, sequence }: IncomingPacket): boolean {
    const ahead =
      this.#highest < 0 || ssrc !== this.#ssrc ? 0 : ((sequence - this.#highest + 0x18000) & 0xffff) - 0x8000;
    if (this.#highest < 0 || ssrc !== this.#ssrc || Math.abs(ahead) > farthest) {
      const isFirst = this.#highest < 0;
      [this.#ssrc, this.#highest, this.#lost] = [ssrc, sequence, 0];
      return !isFirst;
    }
    if (ahead <= 0) return false;
    this.#highest += ahead;
    this.#lost += ahead - 1;
    return ahead > 1;
  }

  /** Notes a sender report. @param now milliseconds of any clock */
  noteReport({ middle }: SenderClock, now: number): void {
    this.#report = { middle, at: now };
  }

  /** A receiver report; null before the first packet. @param now milliseconds of the same clock */
  report(now: number): Buffer | null {
    if (this.#highest < 0) return null;
    const { middle, at } = this.#report ?? { middle: 0, at: now };
    return receiverReport({
      ssrc: this.#ssrc,
      highest: this.#highest,
      lost: this.#lost,
      lastReport: middle,
      since: now - at,
    });
  }
}
