import type { VideoFormat, WantedRendition } from '../../src/domain/media/media.ts';
import { monotonicNow } from '../../src/domain/clock.ts';
import type { Capture, CaptureOptions } from '../../src/cameras/captures/capture.ts';

/** The access units of an H.264 stream, or JPEGs, that repeat for ever; the first one is a keyframe. */
export type Clip = Readonly<Record<'jpeg' | 'h264', readonly Buffer[]>>;

const video: VideoFormat = { format: 'mjpeg', width: 320, height: 240, fps: 15 };
/** Ticks of the media's own clock in a millisecond, as RTP counts video. */
const ticks = 90;

/** A Capture in the server's own process: plays a clip whose frames carry times of another clock. */
export class ClipCapture implements Capture {
  readonly facts = { clip: true };
  readonly #timer: NodeJS.Timeout;
  #wanted: readonly WantedRendition[];
  #played = 0;
  /** The media time of the first frame, and when that arrived on the monotonic clock. */
  #began: { readonly media: number; readonly at: number } | null = null;

  constructor({ renditions, events, signal }: CaptureOptions, clip: Clip) {
    this.#wanted = renditions;
    queueMicrotask(() => events.opening());
    this.#timer = setInterval(() => {
      const sequence = this.#played;
      const mediaTime = 1_000_000 + (sequence * 1_000 * ticks) / 15;
      this.#began ??= { media: mediaTime, at: monotonicNow() };
      const capturedAt = this.#began.at + (mediaTime - this.#began.media) / ticks;
      if (sequence === 0) events.ready(video);
      for (const { id, codec } of this.#wanted) {
        if (codec !== 'jpeg' && codec !== 'h264') continue;
        const at = sequence % clip[codec].length;
        const bytes = clip[codec][at] as Buffer;
        events.frame(id, { bytes, sequence, capturedAt, keyframe: codec === 'jpeg' || at === 0, ...video });
      }
      if (sequence % 15 === 0) events.stats({ captured: 15, dropped: {} });
      this.#played += 1;
    }, 1_000 / 15);
    signal.addEventListener('abort', () => void this.close(), { once: true });
  }

  want(renditions: readonly WantedRendition[]): void {
    this.#wanted = renditions;
  }

  requestKeyframe(): void {
    // The clip has its keyframes where it has them.
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
  }
}
