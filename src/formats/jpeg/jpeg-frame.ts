import { orientationSegment, swapsSides } from './exif.ts';
import { inspectJpeg, withoutRanges, withSegment } from './jpeg.ts';
import { scanEnd } from './scan.ts';
import { standardHuffmanTables, withTables } from './huffman-tables.ts';
import type { Size } from '../../domain/media/size.ts';

const endOfImage = Buffer.from([0xff, 0xd9]);

/** A JPEG frame ready for viewers. */
export interface JpegFrame extends Size {
  readonly bytes: Buffer;
  /** True if the camera's data ended exactly where the image does. */
  readonly exact: boolean;
}

/**
 * Prepares a camera's JPEG for viewers without decoding it: cuts off padding and EXIF thumbnails, and inserts the
 * standard Huffman tables (ITU-T T.81, annex K.3) and the EOI if the camera left them out. An EXIF orientation stays in
 * the JPEG, because viewers apply it; the size is that of the upright image.
 *
 * @param data the bytes that the camera delivered
 * @param options see {@link inspectJpeg}
 * @returns a view of the same memory if nothing had to change; null if the image is truncated or damaged
 */
export function jpegFrame(data: Buffer, options?: Parameters<typeof inspectJpeg>[1]): JpegFrame | null {
  const layout = inspectJpeg(data, options);
  if (layout === null) return withoutEnd(data);
  const jpeg = withoutRanges(data.subarray(0, layout.length), layout.thumbnails);
  const whole = layout.hasHuffmanTables ? jpeg : withTables(jpeg, standardHuffmanTables);
  const { orientation, thumbnails } = layout;
  const isLost = orientation !== 1 && thumbnails.length > 0;
  const bytes = isLost ? withSegment(whole, orientationSegment(orientation)) : whole;
  const [width, height] = swapsSides(orientation) ? [layout.height, layout.width] : [layout.width, layout.height];
  return { bytes, width, height, exact: layout.length === data.length };
}

/** Prepares a JPEG that lacks only its EOI. It takes a hundred times as long, because its scan has to be read. */
function withoutEnd(data: Buffer): JpegFrame | null {
  const end = scanEnd(data);
  if (end === null) return null;
  const whole = Buffer.concat([data.subarray(0, end), endOfImage]);
  const frame = inspectJpeg(whole) === null ? null : jpegFrame(whole);
  return frame === null ? null : { ...frame, exact: false };
}
