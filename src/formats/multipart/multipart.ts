/**
 * MJPEG over HTTP: `multipart/x-mixed-replace` (RFC 2046, section 5.1, with a sender that never ends the body).
 *
 * The body begins with a boundary, and each part ends with the next one, so that a client knows at once that an image is
 * whole.
 */

/** Unquoted and without leading dashes: some clients accept neither. */
const boundary = 'porthole-frame';

/** The value of the response's `Content-Type`. */
export const multipartType = `multipart/x-mixed-replace;boundary=${boundary}`;

/** What the body begins with. */
export const multipartOpening = `--${boundary}\r\n`;

const trailer = Buffer.from(`\r\n--${boundary}\r\n`, 'latin1');

/**
 * One part, from its headers to the next boundary.
 *
 * @param jpeg a whole image
 * @param capturedAt wall clock, milliseconds since the epoch
 */
export function multipartPart(jpeg: Buffer, capturedAt: number): Buffer {
  const head = partHead(jpeg.length, capturedAt);
  // Memory of its own, not of Node's shared pool, which would live as long as the slowest viewer's part.
  const part = Buffer.allocUnsafeSlow(head.length + jpeg.length + trailer.length);
  part.write(head, 'latin1');
  jpeg.copy(part, head.length);
  trailer.copy(part, head.length + jpeg.length);
  return part;
}

/** `X-Timestamp` is in seconds with three decimals, as other webcam servers write it. */
function partHead(length: number, capturedAt: number): string {
  const timestamp = (Math.round(capturedAt) / 1_000).toFixed(3).padStart(14, '0');
  return `Content-Type: image/jpeg\r\nContent-Length: ${length}\r\nX-Timestamp: ${timestamp}\r\n\r\n`;
}
