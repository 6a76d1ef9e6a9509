import type { Frame } from '../../domain/media/frame.ts';
import type { Connection } from '../../fanout/connection.ts';
import { FrameQueue, isGap } from '../../fanout/frame-queue.ts';
import type { Viewer } from '../../fanout/viewer.ts';
import type { RtpSender } from './rtp-sender.ts';
import {
  interleavedHeader,
  type PackedFrame,
  type RtpTrack,
  usualChannel,
  writeInterleavedHeader,
} from './rtp-track.ts';

/** What waits for one slow viewer of a track: seconds, but never much memory. All viewers of a track share the frames. */
const queueLimits = { mostFrames: 300, mostBytes: 8 * 1024 * 1024 } as const;
/** Frames are taken from the queue while the connection holds less than this of the track, in bytes. */
const mostHeld = 64 * 1024;

/** Options of {@link InterleavedSender}. */
export interface InterleavedOptions {
  readonly connection: Connection;
  readonly track: RtpTrack;
  /** The channel of RTP; RTCP has `reports`. */
  readonly channel: number;
  readonly reports: number;
  readonly owner: string;
  /** Called when the camera was removed. */
  readonly onEnd: () => void;
}

/**
 * Sends a track in the connection of its requests (RFC 2326, section 10.12), as a Viewer with `every`. While the
 * connection takes less than the camera delivers, frames wait in a {@link FrameQueue}; when that is full, whole GOPs are
 * dropped, so the viewer goes on with a keyframe.
 */
export class InterleavedSender implements Viewer, RtpSender {
  readonly owner: string;
  readonly #options: InterleavedOptions;
  readonly #queue: FrameQueue;
  /** True while frames wait in the queue: newer ones have to wait behind them. */
  #isBehind = false;
  #closed = false;
  sent = 0;
  dropped = 0;
  readonly #onTaken = (): void => this.#drain();

  constructor(options: InterleavedOptions) {
    this.#options = options;
    this.owner = options.owner;
    this.#queue = new FrameQueue({ codec: options.track.codec, ...queueLimits });
  }

  offer(frame: Frame): void {
    if (this.#closed) return;
    const { track, connection } = this.#options;
    // Also frames that wait get their numbers now.
    const packed = track.pack(frame);
    if (!this.#isBehind && connection.unsent === 0) {
      this.#send(packed, frame);
      return;
    }
    this.#queue.offer(frame);
    if (this.#isBehind) return;
    this.#isBehind = true;
    connection.onceTaken(this.#onTaken);
  }

  gap(lost: number | null): void {
    if (this.#isBehind && !this.#closed) this.#queue.gap(lost);
  }

  /** The camera was removed. */
  end(): void {
    this.#options.onEnd();
  }

  report(now: number): void {
    if (!this.#closed && this.sent > 0 && this.#options.connection.unsent <= mostHeld) this.#sendReport(now);
  }

  #sendReport(at: number): void {
    const { connection, track, reports } = this.#options;
    const report = track.report(at);
    const bytes = Buffer.allocUnsafe(interleavedHeader + report.length);
    writeInterleavedHeader(bytes, 0, reports, report.length);
    report.copy(bytes, interleavedHeader);
    connection.write(bytes);
  }

  close(): void {
    this.#closed = true;
    while (this.#queue.take() !== null);
  }

  /** Everything that was written has been taken. What the other track has written since then doesn't count. */
  #drain(): void {
    if (this.#closed) return;
    const { connection, track } = this.#options;
    for (let held = 0; held < mostHeld;) {
      const item = this.#queue.take();
      if (item === null) {
        this.#isBehind = false;
        return;
      }
      if (isGap(item)) {
        this.dropped += item.lost ?? 0;
        continue;
      }
      const packed = track.pack(item);
      this.#send(packed, item);
      held += packed.bytes.length;
    }
    connection.onceTaken(this.#onTaken);
  }

  #send({ bytes, starts }: PackedFrame, { capturedAt }: Frame): void {
    if (starts.length === 0) return;
    const { connection, channel, track } = this.#options;
    // Receivers count from their first report. It tells the time of the first frame, so that none has a time before 0.
    if (this.sent === 0) this.#sendReport(capturedAt);
    this.sent += 1;
    connection.write(channel === usualChannel(track.codec) ? bytes : onChannel(bytes, starts, channel));
  }
}

/** A copy of the packets, on another channel. */
function onChannel(bytes: Buffer, starts: readonly number[], channel: number): Buffer {
  const copy = Buffer.from(bytes);
  for (const at of starts) copy[at + 1] = channel;
  return copy;
}
