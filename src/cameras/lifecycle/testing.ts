import type { VideoFormat, WantedRendition } from '../../domain/media/media.ts';
import type { Frame } from '../../domain/media/frame.ts';
import type { Logger } from '../../domain/logger.ts';
import { monotonicNow } from '../../domain/clock.ts';
import type { Capture, CaptureOptions, Captures, OpenCapture } from '../captures/capture.ts';

/** A logger that discards everything. */
export const silentLog: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** The video of a fake source. */
export const fakeVideo: VideoFormat = { format: 'mjpeg', width: 640, height: 480, fps: 30 };

/** A Capture that a test drives. */
export class FakeCapture implements Capture {
  readonly options: CaptureOptions;
  readonly facts = { fake: true };
  wanted: readonly WantedRendition[];
  readonly keyframes: number[] = [];
  closed = false;
  #sequence = 0;

  constructor(options: CaptureOptions) {
    this.options = options;
    this.wanted = options.renditions;
  }

  /** Opens the source and delivers its format. */
  goLive(video: VideoFormat = fakeVideo): void {
    this.options.events.opening();
    this.options.events.ready(video);
  }

  /** Delivers a frame of each wanted Rendition. */
  deliver(change: Partial<Frame> = {}): void {
    this.#sequence += 1;
    for (const { id } of this.wanted) this.options.events.frame(id, fakeFrame({ sequence: this.#sequence, ...change }));
  }

  want(renditions: readonly WantedRendition[]): void {
    this.wanted = renditions;
  }

  requestKeyframe(rendition: number): void {
    this.keyframes.push(rendition);
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

/** Opens {@link FakeCapture}s and keeps them. */
export class FakeCaptures {
  readonly opened: FakeCapture[] = [];

  /** The last one. */
  get last(): FakeCapture {
    const last = this.opened.at(-1);
    if (last === undefined) throw new TypeError('nothing was opened');
    return last;
  }

  get captures(): Captures {
    const open: OpenCapture = (options) => {
      const capture = new FakeCapture(options);
      this.opened.push(capture);
      return capture;
    };
    return { test: open, v4l2: open, rtsp: open, http: open, file: open };
  }
}

/** A frame that was captured now. */
export function fakeFrame(change: Partial<Frame> = {}): Frame {
  return {
    bytes: Buffer.from('frame'),
    sequence: 1,
    capturedAt: monotonicNow(),
    keyframe: true,
    width: 640,
    height: 480,
    ...change,
  };
}
