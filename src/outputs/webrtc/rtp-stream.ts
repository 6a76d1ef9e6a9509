import { randomInt } from 'node:crypto';
import type { EvenTicks } from './even-ticks.ts';
import { goodbye, readFeedback, senderReport, type Feedback } from '../../formats/rtp/rtcp.ts';
import { ntpTime, rtpTime, type RtpPacket } from '../../formats/rtp/rtp-packet.ts';
import { SentPackets } from './sent-packets.ts';

/** A viewer is told so often which time a timestamp stands for, in milliseconds. */
const reportInterval = 1_000;

/** How one stream of a viewer was negotiated. */
export interface RtpStreamOptions {
  readonly ssrc: number;
  readonly cname: string;
  readonly payloadType: number;
  /** Ticks per second of its timestamps. */
  readonly clockRate: number;
  /** Where all frames are pieces of one length: their timestamps. Else each has its own. */
  readonly ticks?: EvenTicks;
  /** The number of the header extension for the capture time; 0 for none. */
  readonly captureId: number;
  /** Milliseconds since 1970 at the zero of the monotonic clock, the same for all streams of a viewer. */
  readonly epoch: number;
  /** Sends one packet, encrypted. @returns false if the system did not take it. */
  readonly send: (packet: Buffer) => boolean;
}

/** One RTP stream to one viewer: numbers its packets, sends again those that are asked for, and tells its time. */
export class RtpStream {
  readonly #options: RtpStreamOptions;
  readonly #sent = new SentPackets();
  #sequence = randomInt(2 ** 16);
  #reportedAt = -Infinity;
  /** Packets sent, without those sent again. */
  packets = 0;
  /** Bytes of them. */
  bytes = 0;
  /** Packets sent again. */
  repeated = 0;
  /** Packets that the system did not take. */
  refused = 0;

  constructor(options: RtpStreamOptions) {
    this.#options = options;
  }

  /**
   * Sends the packets of one picture, or piece of sound.
   *
   * @param capturedAt when it was captured, in milliseconds of the monotonic clock
   * @param now the same clock now
   * @param playAt what its timestamp says, where it is to be shown as if it had been captured then
   */
  send(packets: readonly RtpPacket[], capturedAt: number, now: number, playAt = capturedAt): void {
    const { epoch, clockRate, ticks } = this.#options;
    if (now - this.#reportedAt >= reportInterval) this.#report(now);
    const captured = ntpTime(capturedAt + epoch);
    const timestamp = ticks?.of(playAt + epoch) ?? rtpTime(playAt + epoch, clockRate);
    for (const packet of packets) {
      const sent = { packet, timestamp, captured };
      this.#sequence = (this.#sequence + 1) & 0xffff;
      this.#sent.add(this.#sequence, sent, now);
      this.packets += 1;
      this.bytes += packet.length;
      this.#write(sent, this.#sequence);
    }
  }

  /** Takes RTCP, and sends again what it asks for. */
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

  /** Tells the viewer that nothing more comes, if anything has. */
  end(): void {
    if (this.packets > 0) this.#options.send(goodbye(this.#options.ssrc));
  }

  #write({ packet, timestamp, captured }: Parameters<SentPackets['add']>[1], sequence: number): void {
    const { payloadType, ssrc, captureId, send } = this.#options;
    if (!send(packet.for({ payloadType, sequence, timestamp, ssrc, captured, captureId }))) this.refused += 1;
  }

  #report(now: number): void {
    this.#reportedAt = now;
    const { ssrc, cname, epoch, clockRate, send } = this.#options;
    const { packets, bytes } = this;
    const timestamp = rtpTime(now + epoch, clockRate);
    send(senderReport({ ssrc, cname, now: ntpTime(now + epoch), timestamp, packets, bytes }));
  }
}
