import { toWallClock } from '../../domain/clock.ts';
import type { Frame } from '../../domain/frame.ts';
import { EncodedFrames, wrapped } from '../../fanout/encoded-frames.ts';
import { FrameWire } from '../../fanout/frame-wire.ts';
import { PartHead } from '../../formats/multipart/part-head.ts';
import { responseHead } from '../response-head.ts';

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
export const multipartWire = new FrameWire((frame) => parts.of(frame));

const head = new PartHead();

function encodePart(frame: Frame): Buffer {
  const { length } = frame.bytes;
  const headLength = head.lengthFor(length);
  const part = wrapped(frame, headLength, trailer.length);
  head.write(part, length, toWallClock(frame.capturedAt));
  part.set(trailer, headLength + length);
  return part;
}
