import type { Frame as RawFrame } from 'node-av/lib';
import type { VideoFormat, WantedRendition } from '../../channel/messages.ts';
import { heightFor, isPassthrough, type VideoCodec } from '../../domain/rendition.ts';
import type { Encoded, Encoder } from './encoder.ts';
import type { H264Encoders } from './h264-encoders.ts';
import { JpegEncoder } from './jpeg-encoder.ts';

/** One encoded picture for all Renditions of one codec and width. */
export interface EncodedVideo extends Encoded {
  readonly ids: readonly number[];
  readonly width: number;
  readonly height: number;
}

/** A Rendition of pictures. */
export type WantedVideo = WantedRendition & { readonly codec: VideoCodec };

/** What Renditions of the same pictures share. */
interface Encoding {
  readonly codec: VideoCodec;
  /** Pixels. */
  readonly width: number;
  readonly ids: number[];
}

/**
 * The Renditions in demand and their encoders: one encode per codec and width, whatever the number of Renditions and
 * Viewers.
 */
export class Renditions implements Disposable {
  #wanted: readonly WantedVideo[] = [];
  /** The source's own size in pixels. */
  #size: { width: number; height: number };
  readonly #fps: number | null;
  readonly #h264: H264Encoders;
  readonly #encoders = new Map<string, Encoder>();
  /** True while a picture is encoded: no encoder is closed under it. */
  #encoding = false;
  /** The codec in which the source's own pictures go out untouched; null if there is none. */
  passthrough: VideoCodec | null;

  constructor(video: VideoFormat, passthrough: VideoCodec | null, h264: H264Encoders) {
    this.#size = video;
    this.#h264 = h264;
    this.#fps = video.fps;
    this.passthrough = passthrough;
  }

  /** Sets what is in demand; encoders that nobody wants any more are closed after their present picture. */
  want(wanted: readonly WantedVideo[]): void {
    const before = new Set(this.#wanted.map(({ id }) => id));
    this.#wanted = wanted;
    // One that shares a running encoder begins with a keyframe as well.
    for (const { id } of wanted) if (!before.has(id)) this.requestKeyframe(id);
    if (!this.#encoding) this.#closeUnwanted();
  }

  /** Tells the source's size, when it is known or changes. */
  resize(size: { width: number; height: number }): void {
    this.#size = size;
  }

  /** Makes the next picture of a Rendition a keyframe, or the first one that may be. */
  requestKeyframe(id: number): void {
    const rendition = this.#wanted.find((each) => each.id === id);
    if (rendition !== undefined) this.#encoders.get(this.#keyOf(rendition))?.requestKeyframe?.();
  }

  /** The ids that take the source's own pictures, in its own codec and size. */
  get passthroughIds(): readonly number[] {
    return this.#wanted.filter((rendition) => this.#isPassthrough(rendition)).map(({ id }) => id);
  }

  /** True if some Rendition has to be encoded. */
  get encodes(): boolean {
    return this.#wanted.some((rendition) => !this.#isPassthrough(rendition));
  }

  /** Encodes one raw frame for everyone who needs it. */
  async encode(frame: RawFrame, capturedAt: number): Promise<readonly EncodedVideo[]> {
    this.#encoding = true;
    try {
      return await this.#encode(this.#encodings(), frame, capturedAt);
    } finally {
      this.#encoding = false;
      this.#closeUnwanted();
    }
  }

  async #encode(
    encodings: ReadonlyMap<string, Encoding>,
    frame: RawFrame,
    capturedAt: number,
  ): Promise<readonly EncodedVideo[]> {
    // First, since hardware may have room for few; those of another size of the source are of no use any more.
    this.#closeUnwanted(encodings);
    const pictures = await Promise.all(
      Array.from(encodings, async ([key, { ids, ...encoding }]): Promise<EncodedVideo | null> => {
        const encoder = await this.#encoder(key, encoding, frame);
        const encoded = await encoder.encode(frame, capturedAt);
        return encoded === null ? null : { ids, ...encoded, width: encoder.width, height: encoder.height };
      }),
    );
    return pictures.filter((picture) => picture !== null);
  }

  #encodings(): ReadonlyMap<string, Encoding> {
    const encodings = new Map<string, Encoding>();
    for (const rendition of this.#wanted) {
      if (this.#isPassthrough(rendition)) continue;
      const { id, codec } = rendition;
      const key = this.#keyOf(rendition);
      const encoding = encodings.get(key) ?? { codec, width: this.#widthOf(rendition), ids: [] };
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

  /** Equal for Renditions that one encoder serves; other when the source's shape changes. */
  #keyOf(rendition: WantedRendition): string {
    const width = this.#widthOf(rendition);
    return `${rendition.codec}-${width}x${this.#heightFor(width)}`;
  }

  #heightFor(width: number): number {
    return width === this.#size.width ? this.#size.height : heightFor(width, this.#size);
  }

  async #encoder(key: string, { codec, width }: Omit<Encoding, 'ids'>, frame: RawFrame): Promise<Encoder> {
    const present = this.#encoders.get(key);
    if (present !== undefined) return present;
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
