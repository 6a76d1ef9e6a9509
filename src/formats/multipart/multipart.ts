/**
 * MJPEG over HTTP: `multipart/x-mixed-replace` (RFC 2046, section 5.1, with a sender that never ends the body).
 *
 * The body begins with a boundary, and each part ends with the next one, so that a client knows at once that an image
 * is whole.
 */

/** Unquoted and without leading dashes: some clients accept neither. */
const boundary = 'porthole-frame';

/** The value of the response's `Content-Type`. */
export const multipartType = `multipart/x-mixed-replace;boundary=${boundary}`;

/** The first bytes of the body. */
export const multipartOpening = `--${boundary}\r\n`;

const beforeLength = Buffer.from('Content-Type: image/jpeg\r\nContent-Length: ', 'latin1');
const beforeTime = Buffer.from('\r\nX-Timestamp: ', 'latin1');
const afterTime = Buffer.from('\r\n\r\n', 'latin1');
const trailer = Buffer.from(`\r\n--${boundary}\r\n`, 'latin1');
const secondsDigits = 10;
const millisecondsDigits = 3;
const timeLength = secondsDigits + '.'.length + millisecondsDigits;

/**
 * One part, from its headers to the next boundary. `X-Timestamp` is in seconds, as other webcam servers write it.
 *
 * It is written byte by byte: runtimes are slow at formatting text that they format only 30 times a second.
 *
 * @param jpeg a whole image
 * @param capturedAt wall clock, milliseconds since the epoch
 */
export function multipartPart(jpeg: Buffer, capturedAt: number): Buffer {
  const milliseconds = Math.round(capturedAt);
  const seconds = Math.floor(milliseconds / 1_000);
  const lengthDigits = digitsOf(jpeg.length);
  const lengthAt = beforeLength.length;
  const timeAt = lengthAt + lengthDigits + beforeTime.length;
  const jpegAt = timeAt + timeLength + afterTime.length;
  // Separate memory, because Node's shared pool would live as long as the slowest viewer's part.
  const part = Buffer.allocUnsafeSlow(jpegAt + jpeg.length + trailer.length);
  part.set(beforeLength);
  writeDigits(part, lengthAt, lengthDigits, jpeg.length);
  part.set(beforeTime, lengthAt + lengthDigits);
  writeDigits(part, timeAt, secondsDigits, seconds);
  part[timeAt + secondsDigits] = 0x2e;
  writeDigits(part, timeAt + secondsDigits + 1, millisecondsDigits, milliseconds - seconds * 1_000);
  part.set(afterTime, timeAt + timeLength);
  part.set(jpeg, jpegAt);
  part.set(trailer, jpegAt + jpeg.length);
  return part;
}

function digitsOf(number: number): number {
  let digits = 1;
  for (let rest = number; rest >= 10; rest /= 10) digits += 1;
  return digits;
}

/** Writes a number with leading zeros. */
function writeDigits(bytes: Buffer, start: number, digits: number, number: number): void {
  let rest = number;
  for (let at = start + digits - 1; at >= start; at -= 1) {
    const tenth = Math.floor(rest / 10);
    bytes[at] = 0x30 + (rest - tenth * 10);
    rest = tenth;
  }
}
