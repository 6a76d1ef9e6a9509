import { toWallClock } from '../domain/clock.ts';
import type { Frame } from '../domain/frame.ts';
import { EncodedFrames, wrapped } from './encoded-frames.ts';
import { responseHead } from './response-head.ts';

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
  const headers = { 'Content-Type': `multipart/x-mixed-replace;boundary=${boundary}`, ...extra };
  return `${responseHead(httpVersion, headers)}--${boundary}\r\n`;
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
