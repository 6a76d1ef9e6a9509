import type { RtpPacket } from '../../../formats/rtp/rtp-packet.ts';

/** How many packets are kept to be sent again: at 5 Mbit/s those of three seconds. */
const kept = 2_048;
/** A packet is not sent again so soon after it was sent, in milliseconds: it may still be on its way. */
const again = 10;
/** How many are sent again in a second at most. */
const mostAgain = 1_000;

/** A packet that was sent. */
export interface SentPacket {
  readonly packet: RtpPacket;
  /** What its header said, see `RtpHeader`. */
  readonly timestamp: number;
  readonly captured: bigint;
}

/** The last packets that were sent to one viewer, to be sent again when it asks for them. */
export class SentPackets {
  readonly #sequences = new Int32Array(kept).fill(-1);
  readonly #sentAt = new Float64Array(kept);
  readonly #packets: SentPacket[] = [];
  #second = -Infinity;
  #inSecond = 0;

  /** @param now milliseconds of a clock that does not go back */
  add(sequence: number, sent: SentPacket, now: number): void {
    const at = sequence % kept;
    this.#sequences[at] = sequence;
    this.#sentAt[at] = now;
    this.#packets[at] = sent;
  }

  /** The packet of this number, if it is there and may be sent again now. */
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
