import { FrameRoom, type Frame } from '../domain/frame.ts';

/**
 * The frame pipe between a capture process and the server: frames one behind the other, each a 32-byte little-endian
 * header and the encoded picture.
 *
 * | offset | type | what |
 * | --- | --- | --- |
 * | 0 | u16 | 0x4850, "PH" |
 * | 2 | u8 | version, 1 |
 * | 3 | u8 | flags: bit 0 keyframe |
 * | 4 | u32 | rendition id |
 * | 8 | u32 | sequence |
 * | 12 | u32 | length of the picture in bytes |
 * | 16 | u16 | width in pixels |
 * | 18 | u16 | height in pixels |
 * | 20 | f64 | capture time, milliseconds of the monotonic clock |
 * | 28 | u32 | 0 |
 */
export const headerLength = 32;
const magic = 0x4850;
const version = 1;

/** No picture is larger; a header that claims so is damage. */
const longestPicture = 64 * 1024 * 1024;

/** The file descriptor of the frame pipe in a capture process. */
export const framePipeDescriptor = 4;

/**
 * The file descriptor of a second one, for a thread that hands on a device's own pictures: writes of two threads into one
 * would mix.
 */
export const devicePipeDescriptor = 5;

/** The length of a frame on the pipe, with its header, in bytes. */
export function frameLength({ bytes }: Frame): number {
  return headerLength + bytes.length;
}

/** What goes before a frame's picture, in memory that is used again: for a place where every frame passes. */
export class FrameHeader {
  readonly bytes = Buffer.from(new ArrayBuffer(headerLength));
  // A view writes a number at once, where a Buffer's methods put down byte after byte.
  readonly #fields = new DataView(this.bytes.buffer);

  constructor() {
    this.#fields.setUint16(0, magic, true);
    this.#fields.setUint8(2, version);
  }

  /** Makes it that of a frame. @returns {@link bytes} */
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

/** Writes a frame as it travels, header and picture, to the start of `target`. */
export function writeFrame(target: Buffer, rendition: number, frame: Frame): void {
  header.of(rendition, frame).copy(target);
  frame.bytes.copy(target, headerLength);
}

/**
 * Puts frames together again from the pipe's chunks. Each picture is copied once, into a buffer of its own.
 *
 * A capture process that dies in the middle of a frame leaves a part of it here, which nobody ever sees.
 */
export class FrameReader {
  readonly #onFrame: (rendition: number, frame: Frame) => void;
  readonly #header = new Uint8Array(headerLength);
  readonly #fields = new DataView(this.#header.buffer);
  #headerFilled = 0;
  #picture: Buffer | null = null;
  #pictureFilled = 0;

  constructor(onFrame: (rendition: number, frame: Frame) => void) {
    this.#onFrame = onFrame;
  }

  /**
   * Takes the next chunk.
   *
   * @throws {Error} when the bytes are no frames: the pipe is then of no use any more.
   */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      at += this.#picture === null ? this.#fillHeader(chunk, at) : this.#fillPicture(this.#picture, chunk, at);
    }
  }

  #fillHeader(chunk: Buffer, at: number): number {
    const taken = Math.min(headerLength - this.#headerFilled, chunk.length - at);
    // Byte by byte: to ask for a copy of so few takes longer.
    for (let byte = 0; byte < taken; byte += 1) this.#header[this.#headerFilled + byte] = chunk[at + byte] as number;
    this.#headerFilled += taken;
    if (this.#headerFilled < headerLength) return taken;
    const fields = this.#fields;
    const length = fields.getUint32(12, true);
    const isHeader = fields.getUint16(0, true) === magic && fields.getUint8(2) === version;
    if (!isHeader || length === 0 || length > longestPicture) {
      throw new Error('the frame pipe is out of step');
    }
    // Memory of its own, not a slice of the shared pool: it lives as long as its slowest reader.
    const memory = Buffer.allocUnsafeSlow(FrameRoom.before + length + FrameRoom.behind);
    this.#picture = memory.subarray(FrameRoom.before, FrameRoom.before + length);
    this.#pictureFilled = 0;
    return taken;
  }

  #fillPicture(picture: Buffer, chunk: Buffer, at: number): number {
    const taken = chunk.copy(picture, this.#pictureFilled, at);
    this.#pictureFilled += taken;
    if (this.#pictureFilled < picture.length) return taken;
    const fields = this.#fields;
    this.#picture = null;
    this.#headerFilled = 0;
    this.#onFrame(fields.getUint32(4, true), {
      bytes: picture,
      sequence: fields.getUint32(8, true),
      capturedAt: fields.getFloat64(20, true),
      keyframe: (fields.getUint8(3) & 1) === 1,
      width: fields.getUint16(16, true),
      height: fields.getUint16(18, true),
      room: new FrameRoom(),
    });
    return taken;
  }
}
