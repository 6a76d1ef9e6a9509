import { isAudio } from '../domain/media/audio.ts';
import type { Frame } from '../domain/media/frame.ts';
import type { Codec } from '../domain/media/rendition.ts';
import type { Viewer } from './viewer.ts';

/** Frames that are missing between two others. */
export interface Gap {
  /** How many; null after a change of the Capture, when the number is unknown. */
  readonly lost: number | null;
}

/** How much a {@link FrameQueue} holds. */
export interface FrameQueueOptions {
  readonly codec: Codec;
  /** Frames; 600 by default. */
  readonly mostFrames?: number;
  /** Bytes; 32 MB by default. */
  readonly mostBytes?: number;
}

/**
 * Holds frames for one consumer that may be slower than the camera for a while, such as a disk. Subscribe it
 * with `every`.
 *
 * When it is full, the rest of the oldest GOP is dropped, and the consumer gets a {@link Gap} in its place. So it can
 * decode everything that it reads.
 */
export class FrameQueue implements Viewer {
  readonly #mostFrames: number;
  readonly #mostBytes: number;
  /** True for audio, whose frames can be decoded alone although they aren't keyframes. */
  readonly #standAlone: boolean;
  readonly #items: (Frame | Gap)[] = [];
  #frames = 0;
  #bytes = 0;
  /** True after all frames of the present GOP were dropped, until the next one begins. */
  #skips = false;
  #ended = false;
  #wake: () => void = () => undefined;

  constructor({ codec, mostFrames = 600, mostBytes = 32 * 1024 * 1024 }: FrameQueueOptions) {
    this.#standAlone = isAudio(codec);
    this.#mostFrames = mostFrames;
    this.#mostBytes = mostBytes;
  }

  offer(frame: Frame): void {
    if (this.#begins(frame)) this.#skips = false;
    if (this.#skips) {
      this.gap(1);
      return;
    }
    this.#items.push(frame);
    this.#frames += 1;
    this.#bytes += frame.bytes.length;
    while (this.#frames > this.#mostFrames || this.#bytes > this.#mostBytes) this.#dropOldest();
    this.#wake();
  }

  gap(lost: number | null): void {
    const last = this.#items.at(-1);
    if (last !== undefined && isGap(last)) this.#items.pop();
    this.#items.push(last !== undefined && isGap(last) ? together(last, { lost }) : { lost });
    this.#wake();
  }

  /** The camera was removed: the consumer gets the remaining frames, and then null. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /**
   * The next frame, or the gap before it, as soon as there is one; null at the end. For one consumer at a time.
   *
   * @throws the signal's reason when that is first.
   */
  async next({ signal }: { readonly signal?: AbortSignal } = {}): Promise<Frame | Gap | null> {
    signal?.throwIfAborted();
    if (this.#items.length === 0 && !this.#ended) await this.#news(signal);
    return this.take();
  }

  /** The next frame, or the gap before it, if there is one already; else null. */
  take(): Frame | Gap | null {
    const item = this.#items.shift() ?? null;
    if (item !== null && !isGap(item)) this.#remove(item);
    return item;
  }

  async #news(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = (): void => reject(signal?.reason as Error);
    this.#wake = resolve;
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await promise;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Drops frames up to the next GOP's first, or all. */
  #dropOldest(): void {
    let dropped: Gap = { lost: 0 };
    let hasDropped = false;
    for (let item = this.#items[0]; item !== undefined; item = this.#items[0]) {
      if (!isGap(item) && hasDropped && this.#begins(item)) break;
      this.#items.shift();
      dropped = together(dropped, isGap(item) ? item : { lost: 1 });
      if (isGap(item)) continue;
      hasDropped = true;
      this.#remove(item);
    }
    this.#skips = this.#items.length === 0;
    this.#items.unshift(dropped);
  }

  #begins(frame: Frame): boolean {
    return frame.keyframe || this.#standAlone;
  }

  #remove(frame: Frame): void {
    this.#frames -= 1;
    this.#bytes -= frame.bytes.length;
  }
}

/** Tells a gap from a frame. */
export function isGap(item: Frame | Gap): item is Gap {
  return 'lost' in item;
}

function together(one: Gap, other: Gap): Gap {
  return { lost: one.lost === null || other.lost === null ? null : one.lost + other.lost };
}
