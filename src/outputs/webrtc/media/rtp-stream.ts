import { randomInt } from 'node:crypto';
import type { EvenTicks } from '../../../domain/even-ticks.ts';
import { goodbye, readFeedback, senderReport, type Feedback } from '../../../formats/rtp/rtcp.ts';
import { longestPacket, ntpTime, rtpTicks, type RtpPacket, rtpTime } from '../../../formats/rtp/rtp-packet.ts';
import { type SentPacket, SentPackets } from './sent-packets.ts';

/** Time between sender reports, in milliseconds. */
const reportInterval = 1_000;

/** How one stream of a viewer was negotiated. */
export interface RtpStreamOptions {
  readonly ssrc: number;
  readonly cname: string;
  readonly payloadType: number;
  /** Ticks per second of its timestamps. */
  readonly clockRate: number;
  /** Evens out the timestamps of audio, whose frames all have the same length. Video has none. */
  readonly ticks?: EvenTicks;
  /** The id of the capture time header extension; 0 for none. */
  readonly captureId: number;
  /** Milliseconds since 1970 at the zero of the monotonic clock, the same for all streams of a viewer. */
  readonly epoch: number;
  /**
   * Encrypts and sends one packet, which is valid only during the call.
   *
   * @returns false if the kernel refused it
   */
  readonly send: (packet: Buffer) => boolean;
}

/** One RTP stream to one viewer: numbers packets, retransmits lost ones, and sends sender reports. */
export class RtpStream {
  readonly #options: RtpStreamOptions;
  readonly #sent = new SentPackets();
  /** Each packet is completed here before it is sent. */
  readonly #buffer = Buffer.allocUnsafeSlow(longestPacket);
  #sequence = randomInt(2 ** 16);
  #reportedAt = -Infinity;
  /** Packets sent, without retransmissions. */
  packets = 0;
  /** Bytes of those packets. */
  bytes = 0;
  /** Packets retransmitted. */
  repeated = 0;
  /** Packets that the kernel refused. */
  refused = 0;

  constructor(options: RtpStreamOptions) {
    this.#options = options;
  }

  /**
   * Sends the packets of one frame.
   *
   * @param capturedAt when the frame was captured, in milliseconds of the monotonic clock
   * @param now the current time of the same clock
   * @param playAt the time that becomes the RTP timestamp, if it differs from the capture time
   */
  send(packets: readonly RtpPacket[], capturedAt: number, now: number, playAt = capturedAt): void {
    const { epoch, clockRate, ticks } = this.#options;
    if (now - this.#reportedAt >= reportInterval) this.#report(now);
    const captured = ntpTime(capturedAt + epoch);
    const played = rtpTicks(playAt + epoch, clockRate);
    const timestamp = rtpTime(ticks?.place(played) ?? played);
    for (const packet of packets) {
      const sent = { packet, timestamp, captured };
      this.#sequence = (this.#sequence + 1) & 0xffff;
      this.#sent.add(this.#sequence, sent, now);
      this.packets += 1;
      this.bytes += packet.length;
      this.#write(sent, this.#sequence);
    }
  }

  /** Reads the viewer's RTCP, and retransmits the packets that it reports lost. */
  takeFeedback(rtcp: Buffer, now: number): Feedback {
    const feedback = readFeedback(rtcp, this.#options.ssrc);
    for (const sequence of feedback.lost) {
      const sent = this.#sent.takeAgain(sequence, now);
      if (sent === null) continue;
      this.repeated += 1;
      this.#write(sent, sequence);
    }
    return feedback;
  }

  /** Sends a goodbye, if any packet was sent. */
  end(): void {
    if (this.packets > 0) this.#options.send(goodbye(this.#options.ssrc));
  }

  #write({ packet, timestamp, captured }: SentPacket, sequence: number): void {
    const { payloadType, ssrc, captureId, send } = this.#options;
    const header = { payloadType, sequence, timestamp, ssrc, captured, captureId };
    if (!send(packet.write(this.#buffer, header))) this.refused += 1;
  }

  #report(now: number): void {
    this.#reportedAt = now;
    const { ssrc, cname, epoch, clockRate, send } = this.#options;
    const { packets, bytes } = this;
    const timestamp = rtpTime(rtpTicks(now + epoch, clockRate));
    send(senderReport({ ssrc, cname, now: ntpTime(now + epoch), timestamp, packets, bytes }));
  }
}
