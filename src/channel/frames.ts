import { cameraLimits } from '../domain/cameras/camera-limits.ts';
import type { Frame } from '../domain/media/frame.ts';

/**
 * The frame pipe between the server and a capture process or transcoder: one frame after the other, each a 32-byte
 * little-endian header and the encoded frame.
 *
 * | offset | type | what |
 * | --- | --- | --- |
 * | 0 | u16 | 0x4850, "PH" |
 * | 2 | u8 | version, 1 |
 * | 3 | u8 | flags: bit 0 keyframe |
 * | 4 | u32 | rendition id |
 * | 8 | u32 | sequence |
 * | 12 | u32 | length of the encoded frame in bytes |
 * | 16 | u16 | width in pixels |
 * | 18 | u16 | height in pixels |
 * | 20 | f64 | capture time in milliseconds of CLOCK_MONOTONIC |
 * | 28 | u32 | 0 |
 */
export const headerLength = 32;
const magic = 0x4850;
const version = 1;

/** The file descriptor of the frame pipe in a capture process. */
export const framePipeDescriptor = 4;

/**
 * The file descriptor of a second frame pipe, for the thread that passes through a device's frames: the writes of two
 * threads to one pipe would mix.
 */
export const devicePipeDescriptor = 5;

/**
 * The file descriptor from which a transcoder reads frames. The rendition id of these is the number of their feed: one
 * track of one camera.
 */
export const feedPipeDescriptor = 5;

/**
 * The sequence number of a frame that is only to be decoded, because a newer one follows at once. No camera reaches
 * this number.
 */
export const pastFrame = 0xffff_ffff;

/** The length of a frame on the pipe, with its header, in bytes. */
export function frameLength({ bytes }: Frame): number {
  return headerLength + bytes.length;
}

/** The header of a frame, in a buffer that is reused. */
export class FrameHeader {
  readonly bytes = Buffer.from(new ArrayBuffer(headerLength));
  // A DataView writes a number at once; a Buffer's methods write byte by byte.
  readonly #fields = new DataView(this.bytes.buffer);

  constructor() {
    this.#fields.setUint16(0, magic, true);
    this.#fields.setUint8(2, version);
  }

  /** Writes the header of a frame. @returns {@link bytes}, valid until the next call */
  of(rendition: number, frame: Frame): Buffer {
    const fields = this.#fields;
    fields.setUint8(3, frame.keyframe ? 1 : 0);
    fields.setUint32(4, rendition, true);
    fields.setUint32(8, frame.sequence, true);
    fields.setUint32(12, frame.bytes.length, true);
    fields.setUint16(16, frame.width, true);
    fields.setUint16(18, frame.height, true);
    fields.setFloat64(20, frame.capturedAt, true);
    return this.bytes;
  }
}

const header = new FrameHeader();

/** Writes a frame, header and payload, to the start of `target`. */
export function writeFrame(target: Buffer, rendition: number, frame: Frame): void {
  header.of(rendition, frame).copy(target);
  frame.bytes.copy(target, headerLength);
}

/**
 * Assembles frames from the pipe's chunks. Each frame is copied once, into its own buffer.
 *
 * If a capture process dies in the middle of a frame, the part that arrived is dropped.
 */
export class FrameReader {
  readonly #onFrame: (rendition: number, frame: Frame) => void;
  readonly #header = new Uint8Array(headerLength);
  readonly #fields = new DataView(this.#header.buffer);
  #headerFilled = 0;
  #payload: Buffer | null = null;
  #payloadFilled = 0;

  constructor(onFrame: (rendition: number, frame: Frame) => void) {
    this.#onFrame = onFrame;
  }

  /**
   * Reads the next chunk. The chunk may be reused afterwards.
   *
   * @throws {Error} if the bytes are not frames; the pipe cannot be read further.
   */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      at += this.#payload === null ? this.#fillHeader(chunk, at) : this.#fillPayload(this.#payload, chunk, at);
    }
  }

  #fillHeader(chunk: Buffer, at: number): number {
    const taken = Math.min(headerLength - this.#headerFilled, chunk.length - at);
    // Byte by byte: copy() is slower for so few.
    for (let byte = 0; byte < taken; byte += 1) this.#header[this.#headerFilled + byte] = chunk[at + byte] as number;
    this.#headerFilled += taken;
    if (this.#headerFilled < headerLength) return taken;
    const fields = this.#fields;
    const length = fields.getUint32(12, true);
    const isHeader = fields.getUint16(0, true) === magic && fields.getUint8(2) === version;
    if (!isHeader || length === 0 || length > cameraLimits.encodedFrame) {
      throw new Error('the frame pipe is out of step');
    }
    // Not a slice of Node's shared pool: the frame lives as long as its slowest viewer.
    this.#payload = Buffer.allocUnsafeSlow(length);
    this.#payloadFilled = 0;
    return taken;
  }

  #fillPayload(payload: Buffer, chunk: Buffer, at: number): number {
    const taken = chunk.copy(payload, this.#payloadFilled, at);
    this.#payloadFilled += taken;
    if (this.#payloadFilled < payload.length) return taken;
    const fields = this.#fields;
    this.#payload = null;
    this.#headerFilled = 0;
    this.#onFrame(fields.getUint32(4, true), {
      bytes: payload,
      sequence: fields.getUint32(8, true),
      capturedAt: fields.getFloat64(20, true),
      keyframe: (fields.getUint8(3) & 1) === 1,
      width: fields.getUint16(16, true),
      height: fields.getUint16(18, true),
    });
    return taken;
  }
}
