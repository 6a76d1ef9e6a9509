import type { Frame as RawFrame } from 'node-av/lib';
import { PortholeError } from '../../domain/errors.ts';
import type { VideoFormat, WantedRendition } from '../../domain/media/media.ts';
import { heightFor, isPassthrough, type VideoCodec } from '../../domain/media/rendition.ts';
import type { Size } from '../../domain/media/size.ts';
import type { Encoded, Encoder } from './encoder.ts';
import type { H264Encoders } from './h264-encoders.ts';
import { JpegEncoder } from './jpeg-encoder.ts';

/** One encoded frame, for all Renditions of one codec and width. */
export interface EncodedVideo extends Encoded, Size {
  readonly ids: readonly number[];
}

/** The result of encoding one raw frame for all Renditions. */
export interface EncodedFrames {
  readonly frames: readonly EncodedVideo[];
  /** Why an encoder failed; null if none did. */
  readonly problem: PortholeError | null;
}

/** A video Rendition in demand. */
export type WantedVideo = WantedRendition & { readonly codec: VideoCodec };

/** The Renditions that share one encoder. */
interface Encoding {
  readonly codec: VideoCodec;
  /** Pixels. */
  readonly width: number;
  /** It is encoded for each n-th frame. */
  every: number;
  readonly ids: number[];
}

/** The Renditions in demand and their encoders. Each codec and width is encoded once, for any number of Viewers. */
export class Renditions implements Disposable {
  #wanted: readonly WantedVideo[] = [];
  /** The size of the source's own frames. */
  #size: Size;
  readonly #fps: number | null;
  readonly #h264: H264Encoders;
  readonly #encoders = new Map<string, Encoder>();
  /** Frames so far. */
  #count = 0;
  /** True while a frame is being encoded, when no encoder may be closed. */
  #encoding = false;
  /** The codec in which the source's own frames are passed through; null if all frames have to be encoded. */
  passthrough: VideoCodec | null;

  constructor(video: VideoFormat, passthrough: VideoCodec | null, h264: H264Encoders) {
    this.#size = video;
    this.#h264 = h264;
    this.#fps = video.fps;
    this.passthrough = passthrough;
  }

  /** Sets the Renditions in demand. Unused encoders are closed after the frame that they are encoding. */
  want(wanted: readonly WantedVideo[]): void {
    const before = new Set(this.#wanted.map(({ id }) => id));
    this.#wanted = wanted;
    // A new Rendition that shares a running encoder needs a keyframe to start with.
    for (const { id } of wanted) if (!before.has(id)) this.requestKeyframe(id);
    if (!this.#encoding) this.#closeUnwanted();
  }

  /** Sets the size of the source's own frames. */
  resize(size: Size): void {
    this.#size = size;
  }

  /** Makes the next frame of a Rendition a keyframe, or the first one that {@link KeyframePolicy} allows. */
  requestKeyframe(id: number): void {
    const rendition = this.#wanted.find((each) => each.id === id);
    if (rendition !== undefined) this.#encoders.get(this.#keyOf(rendition))?.requestKeyframe?.();
  }

  /** The ids of the Renditions that are passed through, in the source's own codec and size. */
  get passthroughIds(): readonly number[] {
    return this.#wanted.filter((rendition) => this.#isPassthrough(rendition)).map(({ id }) => id);
  }

  /** True if any Rendition has to be encoded. */
  get encodes(): boolean {
    return this.#wanted.some((rendition) => !this.#isPassthrough(rendition));
  }

  /**
   * Encodes one raw frame for every Rendition that is not passed through. `capturedAt` is in milliseconds. If one
   * encoder fails, the others still deliver.
   */
  async encode(frame: RawFrame, capturedAt: number): Promise<EncodedFrames> {
    this.#encoding = true;
    try {
      return await this.#encode(this.#encodings(), frame, capturedAt);
    } finally {
      this.#encoding = false;
      this.#closeUnwanted();
    }
  }

  async #encode(encodings: ReadonlyMap<string, Encoding>, frame: RawFrame, capturedAt: number): Promise<EncodedFrames> {
    // Closed first, because hardware may support only a few sessions. After a change of size, old encoders are unused.
    this.#closeUnwanted(encodings);
    // All of them are awaited, also after a failure: the caller frees the frame.
    const results = await Promise.allSettled(
      Array.from(this.#due(encodings), async ([key, { ids, every: _, ...encoding }]): Promise<EncodedVideo | null> => {
        const encoder = await this.#encoder(key, encoding, frame);
        const encoded = await encoder.encode(frame, capturedAt);
        return encoded === null ? null : { ids, ...encoded, width: encoder.width, height: encoder.height };
      }),
    );
    const failed = results.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined;
    return {
      frames: results.flatMap((each) => (each.status === 'fulfilled' && each.value !== null ? [each.value] : [])),
      problem: failed === undefined ? null : asUnsupported(failed.reason),
    };
  }

  /** The encodings of this frame: extra ones take turns, and new ones begin at once. */
  #due(encodings: ReadonlyMap<string, Encoding>): readonly (readonly [string, Encoding])[] {
    this.#count += 1;
    const all = [...encodings];
    return all.filter(([key, { every }], place) => {
      const turn = Math.floor((place * every) / all.length);
      return every === 1 || !this.#encoders.has(key) || this.#count % every === turn;
    });
  }

  #encodings(): ReadonlyMap<string, Encoding> {
    const encodings = new Map<string, Encoding>();
    for (const rendition of this.#wanted) {
      if (this.#isPassthrough(rendition)) continue;
      const { id, codec, every = 1 } = rendition;
      const key = this.#keyOf(rendition);
      const encoding = encodings.get(key) ?? { codec, width: this.#widthOf(rendition), every, ids: [] };
      encoding.every = Math.min(encoding.every, every);
      encoding.ids.push(id);
      encodings.set(key, encoding);
    }
    return encodings;
  }

  #isPassthrough(rendition: WantedRendition): boolean {
    return isPassthrough(rendition, this.passthrough, this.#size.width);
  }

  #widthOf({ width }: WantedRendition): number {
    return width === 'source' ? this.#size.width : Math.min(width, this.#size.width);
  }

  /** Equal for Renditions that share an encoder. Changes with the source's aspect ratio. */
  #keyOf(rendition: WantedRendition): string {
    const width = this.#widthOf(rendition);
    return `${rendition.codec}-${width}x${this.#heightFor(width)}`;
  }

  #heightFor(width: number): number {
    return width === this.#size.width ? this.#size.height : heightFor(width, this.#size);
  }

  async #encoder(key: string, { codec, width }: Pick<Encoding, 'codec' | 'width'>, frame: RawFrame): Promise<Encoder> {
    const existing = this.#encoders.get(key);
    if (existing !== undefined) return existing;
    const height = this.#heightFor(width);
    const encoder =
      codec === 'jpeg'
        ? await JpegEncoder.open(width, height)
        : await this.#h264.open({ width, height }, this.#fps, frame);
    this.#encoders.set(key, encoder);
    return encoder;
  }

  #closeUnwanted(wanted: ReadonlyMap<string, unknown> = this.#encodings()): void {
    for (const [key, encoder] of this.#encoders) {
      if (wanted.has(key)) continue;
      encoder[Symbol.dispose]();
      this.#encoders.delete(key);
    }
  }

  [Symbol.dispose](): void {
    this.#closeUnwanted(new Map());
  }
}

function asUnsupported(error: unknown): PortholeError {
  if (error instanceof PortholeError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new PortholeError('video_unsupported', { detail, cause: error });
}
