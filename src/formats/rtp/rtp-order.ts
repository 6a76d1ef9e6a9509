/** How long packets wait for one that is missing, in milliseconds. */
const longestWait = 80;
/** How many packets wait for one that is missing. */
const mostWaiting = 400;
/** A sequence number that is further away than this belongs to a stream that the sender has started again. */
const farthest = 500;

interface Waiting {
  readonly packet: Buffer;
  readonly arrivedAt: number;
}

/**
 * Puts RTP packets that UDP delivers in another order back in order by their sequence numbers (RFC 3550, section 5.1).
 * Packets in order pass at once. Those behind a gap wait for the missing packet, but not for long. Packets that come
 * twice, or too late, are dropped.
 */
export class RtpOrder {
  /** The sequence number that comes next; null before the first packet. */
  #next: number | null = null;
  #sender: number | null = null;
  /** By sequence number, in the order of arrival. */
  readonly #waiting = new Map<number, Waiting>();

  /** When {@link expire} has to be called, in milliseconds of the caller's clock; null while nothing waits. */
  get deadline(): number | null {
    const oldest = this.#waiting.values().next().value;
    return oldest === undefined ? null : oldest.arrivedAt + longestWait;
  }

  /**
   * Takes a packet.
   *
   * @returns the packets that are in order now
   */
  push(packet: Buffer, now: number): Buffer[] {
    if (packet.length < 12) return [];
    const number = packet.readUInt16BE(2);
    const sender = packet.readUInt32BE(8);
    const ahead = this.#next === null ? 0 : distance(this.#next, number);
    if (this.#next === null || sender !== this.#sender || Math.abs(ahead) > farthest) {
      const before = this.#takeAll();
      [this.#next, this.#sender] = [after(number), sender];
      return [...before, packet];
    }
    if (ahead < 0 || this.#waiting.has(number)) return [];
    if (ahead === 0) {
      this.#next = after(number);
      return [packet, ...this.#takeFollowing()];
    }
    this.#waiting.set(number, { packet, arrivedAt: now });
    return this.#waiting.size > mostWaiting ? this.#skip() : [];
  }

  /** Gives up missing packets whose time is over. @returns the packets behind them */
  expire(now: number): Buffer[] {
    const packets: Buffer[] = [];
    while (now >= (this.deadline ?? Infinity)) packets.push(...this.#skip());
    return packets;
  }

  /** Gives up the packets before the first one that waits. */
  #skip(): Buffer[] {
    this.#next = this.#numbers()[0] ?? this.#next;
    return this.#takeFollowing();
  }

  #takeFollowing(): Buffer[] {
    const packets: Buffer[] = [];
    for (let found; this.#next !== null && (found = this.#waiting.get(this.#next)) !== undefined;) {
      this.#waiting.delete(this.#next);
      packets.push(found.packet);
      this.#next = after(this.#next);
    }
    return packets;
  }

  #takeAll(): Buffer[] {
    const packets = this.#numbers().flatMap((number) => this.#waiting.get(number)?.packet ?? []);
    this.#waiting.clear();
    return packets;
  }

  /** The sequence numbers that wait, in order. */
  #numbers(): number[] {
    const next = this.#next ?? 0;
    return [...this.#waiting.keys()].sort((one, other) => distance(next, one) - distance(next, other));
  }
}

/** How far `to` is after `from`; negative if it is before. */
function distance(from: number, to: number): number {
  return ((to - from + 0x18000) & 0xffff) - 0x8000;
}

function after(number: number): number {
  return (number + 1) & 0xffff;
}
