import { AV_PIX_FMT_YUVJ420P } from 'node-av/constants';
import { Frame, Rational } from 'node-av/lib';
import { monotonicNow } from '../../domain/clock.ts';
import { PortholeError } from '../../domain/errors.ts';
import { PatternPainter } from './pattern-painter.ts';
import type { Captured, OpenSource, OpenSourceFunction } from '../source.ts';

/**
 * Opens the built-in test pattern: colour bars, a moving block, the clock, the frame's number in digits and as a bar
 * code.
 */
export const openTestPattern: OpenSourceFunction<'test'> = ({ source }) => {
  return Promise.resolve(new TestPattern(source));
};

class TestPattern implements OpenSource {
  readonly video;
  readonly codecParameters = null;
  readonly intraOnly = true;
  readonly #painter: PatternPainter;
  readonly #interval: number;
  readonly #start = monotonicNow();
  #number = 0;
  #closed = false;

  constructor({ width, height, fps }: { width: number; height: number; fps: number }) {
    this.video = { format: 'test', width, height, fps };
    this.#painter = new PatternPainter(width, height);
    this.#interval = 1_000 / fps;
  }

  async read(): Promise<Captured> {
    // The number counts intervals, so frames that could not be painted in time leave a gap, as a camera's would.
    const next = Math.max(this.#number + 1, Math.floor((monotonicNow() - this.#start) / this.#interval));
    const wait = this.#start + next * this.#interval - monotonicNow();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    if (this.#closed) throw new PortholeError('source_ended');
    this.#number = next;
    const capturedAt = monotonicNow();
    const frame = this.#copyOf(this.#painter.paint(next, new Date()));
    frame.timeBase = new Rational(1, 1_000);
    frame.pts = BigInt(Math.round(capturedAt));
    return { kind: 'frame', frame, capturedAt };
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }

  /** Copies the image into a new frame, because the painter reuses its buffer. */
  #copyOf(image: Buffer): Frame {
    const { width, height } = this.video;
    using painted = Frame.fromVideoBuffer(image, { width, height, format: AV_PIX_FMT_YUVJ420P });
    const frame = new Frame();
    frame.alloc();
    frame.width = width;
    frame.height = height;
    frame.format = AV_PIX_FMT_YUVJ420P;
    frame.getBuffer();
    frame.copy(painted);
    return frame;
  }
}
