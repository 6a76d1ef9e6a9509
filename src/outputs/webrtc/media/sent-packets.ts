import type { RtpPacket } from '../../../formats/rtp/rtp-packet.ts';

/** Packets kept for retransmission: three seconds at 5 Mbit/s. */
const kept = 2_048;
/** The least time between two transmissions of a packet, in milliseconds: it may still be in flight. */
const again = 10;
/** The most retransmissions per second. */
const mostAgain = 1_000;

/** A packet that was sent, with the header fields that a retransmission repeats. */
export interface SentPacket {
  readonly packet: RtpPacket;
  /** See `RtpHeader`. */
  readonly timestamp: number;
  readonly captured: bigint;
}

/** The last packets sent to one viewer, for retransmission. */
export class SentPackets {
  readonly #sequences = new Int32Array(kept).fill(-1);
  readonly #sentAt = new Float64Array(kept);
  readonly #packets: SentPacket[] = [];
  #second = -Infinity;
  #inSecond = 0;

  /** @param now milliseconds of a monotonic clock */
  add(sequence: number, sent: SentPacket, now: number): void {
    const at = sequence % kept;
    this.#sequences[at] = sequence;
    this.#sentAt[at] = now;
    this.#packets[at] = sent;
  }

  /** Returns a packet if it is still kept and may be retransmitted now, and counts the retransmission. */
  takeAgain(sequence: number, now: number): SentPacket | null {
    const at = sequence % kept;
    if (this.#sequences[at] !== sequence || now - (this.#sentAt[at] as number) < again) return null;
    if (now - this.#second >= 1_000) {
      this.#second = now;
      this.#inSecond = 0;
    }
    this.#inSecond += 1;
    if (this.#inSecond > mostAgain) return null;
    this.#sentAt[at] = now;
    return this.#packets[at] ?? null;
  }
}
