import { toWallClock } from '../domain/clock.ts';
import type { Frame } from '../domain/frame.ts';
import { EncodedFrames, wrapped } from './encoded-frames.ts';

/**
 * The bytes of a frame on the page's WebSocket: a binary message (RFC 6455, section 5.2), little endian inside:
 *
 * | offset | type | what |
 * | --- | --- | --- |
 * | 0 | u8 | version, 1 |
 * | 1 | u8 | kind: 1 JPEG |
 * | 2 | u16 | flags: bit 0 keyframe |
 * | 4 | u32 | stream: which Broadcast |
 * | 8 | u32 | sequence |
 * | 12 | u16 | width in pixels |
 * | 14 | u16 | height in pixels |
 * | 16 | f64 | capture time, milliseconds since the epoch by the server's clock |
 * | 24 | u32 | 0 |
 * | 28 | u32 | 0 |
 * | 32 | | the JPEG |
 */
const headerLength = 32;

/** The encoders of a server: one for each Broadcast that a page has watched. */
export class LiveFrameEncoders {
  readonly #encoders = new Map<number, (frame: Frame) => Buffer>();

  /**
   * What makes the messages of a Broadcast: each frame's once, shared by all viewers, since a server's frames bear no
   * mask.
   *
   * @param stream the Broadcast's number
   */
  of(stream: number): (frame: Frame) => Buffer {
    let encode = this.#encoders.get(stream);
    if (encode === undefined) {
      const messages = new EncodedFrames((frame) => encodeMessage(stream, frame));
      encode = (frame) => messages.of(frame);
      this.#encoders.set(stream, encode);
    }
    return encode;
  }
}

function encodeMessage(stream: number, frame: Frame): Buffer {
  const payload = headerLength + frame.bytes.length;
  const start = payload < 126 ? 2 : payload < 65_536 ? 4 : 10;
  const message = wrapped(frame, start + headerLength, 0);
  message[0] = 0x82; // the whole message in one frame, binary
  if (start === 2) message[1] = payload;
  else if (start === 4) {
    message[1] = 126;
    message.writeUInt16BE(payload, 2);
  } else {
    message[1] = 127;
    message.writeBigUInt64BE(BigInt(payload), 2);
  }
  const at = start;
  message.writeUInt8(1, at);
  message.writeUInt8(1, at + 1);
  message.writeUInt16LE(frame.keyframe ? 1 : 0, at + 2);
  message.writeUInt32LE(stream, at + 4);
  message.writeUInt32LE(frame.sequence, at + 8);
  message.writeUInt16LE(frame.width, at + 12);
  message.writeUInt16LE(frame.height, at + 14);
  message.writeDoubleLE(toWallClock(frame.capturedAt), at + 16);
  message.fill(0, at + 24, at + headerLength);
  return message;
}
