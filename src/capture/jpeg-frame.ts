import { inspectJpeg, withoutRanges } from '../formats/jpeg/jpeg.ts';
import { standardHuffmanTables, withTables } from '../formats/jpeg/huffman-tables.ts';

/** A JPEG as viewers get it. */
export interface JpegFrame {
  readonly bytes: Buffer;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** True if what the camera delivered ended where the picture does. */
  readonly exact: boolean;
}

/**
 * A camera's JPEG made ready for viewers, without decoding it: padding and EXIF thumbnails are cut off, and Huffman tables
 * put in where a camera leaves them out.
 *
 * @param data what the camera delivered
 * @param options see {@link inspectJpeg}
 * @returns the same memory where nothing had to be changed; null for a picture that is cut short or damaged
 */
export function jpegFrame(data: Buffer, options?: Parameters<typeof inspectJpeg>[1]): JpegFrame | null {
  const layout = inspectJpeg(data, options);
  if (layout === null) return null;
  const jpeg = withoutRanges(data.subarray(0, layout.length), layout.thumbnails);
  const bytes = layout.hasHuffmanTables ? jpeg : withTables(jpeg, standardHuffmanTables);
  return { bytes, width: layout.width, height: layout.height, exact: layout.length === data.length };
}
