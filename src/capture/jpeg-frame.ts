import { inspectJpeg, withoutRanges } from '../formats/jpeg/jpeg.ts';
import { standardHuffmanTables, withTables } from '../formats/jpeg/huffman-tables.ts';
import type { Size } from '../domain/size.ts';

/** A JPEG frame ready for viewers. */
export interface JpegFrame extends Size {
  readonly bytes: Buffer;
  /** True if the camera's data ended exactly where the image does. */
  readonly exact: boolean;
}

/**
 * Prepares a camera's JPEG for viewers without decoding it: cuts off padding and EXIF thumbnails, and inserts the
 * standard Huffman tables (ITU-T T.81, annex K.3) if the camera left them out, as MJPEG cameras do.
 *
 * @param data the bytes that the camera delivered
 * @param options see {@link inspectJpeg}
 * @returns a view of the same memory if nothing had to change; null if the image is truncated or damaged
 */
export function jpegFrame(data: Buffer, options?: Parameters<typeof inspectJpeg>[1]): JpegFrame | null {
  const layout = inspectJpeg(data, options);
  if (layout === null) return null;
  const jpeg = withoutRanges(data.subarray(0, layout.length), layout.thumbnails);
  const bytes = layout.hasHuffmanTables ? jpeg : withTables(jpeg, standardHuffmanTables);
  return { bytes, width: layout.width, height: layout.height, exact: layout.length === data.length };
}
