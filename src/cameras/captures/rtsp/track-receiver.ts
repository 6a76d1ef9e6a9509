import { monotonicNow } from '../../../domain/clock.ts';
import type { Frame } from '../../../domain/media/frame.ts';
import type { DescribedTrack } from '../../../formats/rtsp/description.ts';
import { readSenderClock } from '../../../formats/rtp/rtcp.ts';
import { readPacket, type IncomingPacket } from '../../../formats/rtp/receive/incoming-packet.ts';
import { RtpClock } from '../../../formats/rtp/receive/rtp-clock.ts';
import { TrackStatistics } from './track-statistics.ts';

/** A frame that is not counted yet. */
export type UncountedFrame = Omit<Frame, 'sequence'>;

/** Receives the packets of one track of a camera, and tells when its frames were captured. */
export abstract class TrackReceiver implements Disposable {
  readonly #payloadType: number | undefined;
  readonly #statistics = new TrackStatistics();
  readonly #clock: RtpClock;

  /** @param rate ticks of the track's clock per second */
  constructor({ payloadTypes }: DescribedTrack, rate: number) {
    this.#payloadType = payloadTypes[0];
    this.#clock = new RtpClock(rate);
  }

  /** Takes a packet of RTP. @param bytes the packet, behind four bytes of RTSP */
  take(bytes: Buffer): void {
    const packet = readPacket(bytes, 4);
    if (packet === null) return;
    if (this.#payloadType !== undefined && packet.payloadType !== this.#payloadType) return;
    this.push(packet, this.#statistics.note(packet));
  }

  /** Takes a packet of RTCP, behind four bytes of RTSP. */
  takeReport(bytes: Buffer): void {
    const report = readSenderClock(bytes.subarray(4));
    if (report === null) return;
    const now = monotonicNow();
    this.#statistics.noteReport(report, now);
    this.#clock.report(now - (Date.now() - report.time), report.timestamp);
  }

  /** A report about the packets that have arrived; null before the first one. */
  report(): Buffer | null {
    return this.#statistics.report(monotonicNow());
  }

  abstract [Symbol.dispose](): void;

  protected abstract push(packet: IncomingPacket, lost: boolean): void;

  /** When a frame was captured that arrives now. @param lasts milliseconds from its begin to the moment it was sent */
  protected capturedAt(timestamp: number, lasts = 0): number {
    return this.#clock.at(timestamp, monotonicNow() - lasts);
  }
}
