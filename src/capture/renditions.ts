import type { Frame as RawFrame } from 'node-av/lib';
import type { PictureFormat, WantedRendition } from '../channel/messages.ts';
import { heightFor } from '../domain/rendition.ts';
import { JpegEncoder } from './jpeg-encoder.ts';

/** One encoded picture for all Renditions of one width. */
export interface EncodedPicture {
  readonly ids: readonly number[];
  readonly bytes: Buffer;
  readonly width: number;
  readonly height: number;
}

/** The Renditions in demand and their encoders: one encode per width, whatever the number of Renditions and Viewers. */
export class Renditions implements Disposable {
  #wanted: readonly WantedRendition[] = [];
  /** The source's own size in pixels. */
  #size: { width: number; height: number };
  readonly #encoders = new Map<number, JpegEncoder>();

  constructor(picture: PictureFormat) {
    this.#size = picture;
  }

  /** Sets what is in demand; encoders that nobody wants any more are closed after their present picture. */
  want(wanted: readonly WantedRendition[]): void {
    this.#wanted = wanted;
  }

  /** Tells the source's size, when it is known or changes. */
  resize(size: { width: number; height: number }): void {
    this.#size = size;
  }

  /** The ids that take the source's picture in its own size: `source`, and widths that are not below it. */
  get sourceIds(): readonly number[] {
    return this.#wanted.filter(({ width }) => this.#widthOf(width) === this.#size.width).map(({ id }) => id);
  }

  /** True if some Rendition is smaller than the source. */
  get scales(): boolean {
    return this.#wanted.some(({ width }) => this.#widthOf(width) !== this.#size.width);
  }

  /**
   * Encodes one raw frame for everyone who needs it.
   *
   * @param withSource also in the source's own size, for a source whose own pictures are no JPEGs
   */
  async encode(frame: RawFrame, withSource: boolean): Promise<readonly EncodedPicture[]> {
    const byWidth = new Map<number, number[]>();
    for (const { id, width } of this.#wanted) {
      const pixels = this.#widthOf(width);
      if (pixels === this.#size.width && !withSource) continue;
      byWidth.set(pixels, [...(byWidth.get(pixels) ?? []), id]);
    }
    this.#closeUnwanted(byWidth);
    const pictures = await Promise.all(
      Array.from(byWidth, async ([width, ids]): Promise<EncodedPicture | null> => {
        const encoder = await this.#encoder(width);
        const bytes = await encoder.encode(frame);
        return bytes === null ? null : { ids, bytes, width, height: encoder.height };
      }),
    );
    return pictures.filter((picture) => picture !== null);
  }

  #widthOf(wanted: number | 'source'): number {
    return wanted === 'source' ? this.#size.width : Math.min(wanted, this.#size.width);
  }

  async #encoder(width: number): Promise<JpegEncoder> {
    const height = width === this.#size.width ? this.#size.height : heightFor(width, this.#size);
    const present = this.#encoders.get(width);
    if (present?.height === height) return present;
    present?.[Symbol.dispose]();
    const encoder = await JpegEncoder.open(width, height);
    this.#encoders.set(width, encoder);
    return encoder;
  }

  #closeUnwanted(wanted: ReadonlyMap<number, unknown>): void {
    for (const [width, encoder] of this.#encoders) {
      if (wanted.has(width)) continue;
      encoder[Symbol.dispose]();
      this.#encoders.delete(width);
    }
  }

  [Symbol.dispose](): void {
    this.#closeUnwanted(new Map());
  }
}
