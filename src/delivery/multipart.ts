import { toWallClock } from '../domain/clock.ts';
import type { Frame } from '../domain/frame.ts';
import { EncodedFrames, wrapped } from './encoded-frames.ts';

/**
 * The bytes of MJPEG over HTTP: `multipart/x-mixed-replace` (RFC 2046, section 5.1, with the sender never ending it).
 *
 * The body begins with a boundary, and each part ends with the next one, so that a client knows at once that a picture
 * is whole.
 */

/** Unquoted and without leading dashes: some clients take neither. */
const boundary = 'porthole-frame';

const trailer = Buffer.from(`\r\n--${boundary}\r\n`);

/**
 * The response's head and the first boundary.
 *
 * @param extra further headers, by name
 */
export function multipartHead(httpVersion: '1.0' | '1.1', extra: Readonly<Record<string, string>> = {}): string {
  const headers = {
    'Content-Type': `multipart/x-mixed-replace;boundary=${boundary}`,
    'Cache-Control': 'no-store, no-cache, must-revalidate',
    Pragma: 'no-cache',
    Connection: 'close',
    'X-Accel-Buffering': 'no',
    'X-Content-Type-Options': 'nosniff',
    ...extra,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value.replace(/[\r\n]/g, ' ')}\r\n`);
  return `HTTP/${httpVersion} 200 OK\r\n${lines.join('')}\r\n--${boundary}\r\n`;
}

/** Parts already made; each lives as long as its frame. */
const parts = new EncodedFrames(encodePart);

/** One part, from its headers to the next boundary: made once per frame and shared by all viewers. */
export function multipartPart(frame: Frame): Buffer {
  return parts.of(frame);
}

function encodePart(frame: Frame): Buffer {
  const timestamp = (toWallClock(frame.capturedAt) / 1_000).toFixed(3);
  const head = `Content-Type: image/jpeg\r\nContent-Length: ${frame.bytes.length}\r\nX-Timestamp: ${timestamp}\r\n\r\n`;
  const part = wrapped(frame, head.length, trailer.length);
  part.write(head, 'latin1');
  trailer.copy(part, head.length + frame.bytes.length);
  return part;
}
