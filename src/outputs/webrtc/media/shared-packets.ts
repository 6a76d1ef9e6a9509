import type { Frame } from '../../../domain/frame.ts';
import type { RtpPacket } from '../../../formats/rtp/rtp-packet.ts';

/** The RTP packets of frames of one codec, made once for all viewers. */
export class SharedPackets {
  readonly #packetize: (bytes: Buffer) => readonly RtpPacket[];
  readonly #made = new WeakMap<Frame, readonly RtpPacket[]>();
  #frame: Frame | null = null;
  #packets: readonly RtpPacket[] = [];

  constructor(packetize: (bytes: Buffer) => readonly RtpPacket[]) {
    this.#packetize = packetize;
  }

  /** The frame's packets, in their order. */
  of(frame: Frame): readonly RtpPacket[] {
    if (frame === this.#frame) return this.#packets;
    let packets = this.#made.get(frame);
    if (packets === undefined) {
      packets = this.#packetize(frame.bytes);
      this.#made.set(frame, packets);
    }
    this.#frame = frame;
    this.#packets = packets;
    return packets;
  }
}
