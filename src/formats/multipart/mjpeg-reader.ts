import { beyondLimit, cameraLimits, inMegabytes } from '../../domain/cameras/camera-limits.ts';
import { PortholeError } from '../../domain/errors.ts';
import { scanEnd } from '../jpeg/scan.ts';
import { sentence } from '../../messages/sentence.ts';

/** A JPEG in a stream. */
export interface FoundJpeg {
  /** From SOI to EOI, which was added if the camera leaves it out. A copy. */
  readonly bytes: Buffer;
  /** False if the image was cut off or damaged, so that it should be dropped and counted. */
  readonly isWhole: boolean;
}

/** How much of the data between two images is remembered, in bytes. */
const longestText = cameraLimits.partHead;

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const APP2 = 0xe2;
const startOfImage = Buffer.from([0xff, SOI, 0xff]);
const endOfImage = Buffer.from([0xff, EOI]);
const multiPicture = Buffer.from('MPF\0');
const statedLength = /^content-length[ \t]*:[ \t]*(\d{1,9})/gim;
/** A part's boundary and headers at the end of a text. */
const partHead = /(?:\r?\n)?--[\x20-\x7e]{1,200}\r?\n(?:[\x20-\x7e\t]{1,1000}\r?\n)*(?:\r?\n)*$/;

/**
 * Finds the JPEGs in an MJPEG stream over HTTP: `multipart/x-mixed-replace`, or JPEGs one after another.
 *
 * Cameras write boundaries, headers and lengths in so many wrong ways that only the images are reliable. So it follows
 * the markers of each JPEG (ITU-T T.81, annex B) and ignores everything between two images, except for a
 * `Content-Length` that helps to deliver an image without EOI at once. An image is delivered with its last byte, before
 * the next boundary. It works in linear time and bounded memory.
 */
export class MjpegReader {
  /** The data from {@link #start} to {@link #end} is not finished. */
  #data: Buffer = Buffer.allocUnsafeSlow(64 * 1024);
  #start = 0;
  #end = 0;
  /** Where to continue. */
  #at = 0;
  /** `seek`: looking for an image; `segments`: at a marker; `scan`: in entropy-coded data. */
  #mode: 'seek' | 'segments' | 'scan' = 'seek';
  /** Where the current segment starts. */
  #segment = 0;
  #hasFrameHeader = false;
  #hasScan = false;
  #hasMultiPicture = false;
  /** True for the second picture of an image in Multi-Picture Format (CIPA DC-007), such as a preview. */
  #isExtra = false;
  /** True while a second picture may follow. */
  #mayHaveExtra = false;
  /** The end of the data between the last image and this one. */
  #text = '';
  /** How much data there was between them, in bytes. */
  #textLength = 0;
  /** True for a stream that has parts. Only there can pictures that belong together be told from others. */
  #hasParts = false;
  /** The length that the part's headers state, in bytes; 0 if they state none, or if it has proven wrong. */
  #stated = 0;
  #found: FoundJpeg[] = [];

  /**
   * Takes the next bytes of the stream.
   *
   * @returns the images that they complete
   * @throws {PortholeError} `source_beyond_limits` for an image, and `source_not_video` for other data, beyond
   *   {@link cameraLimits}.
   */
  push(bytes: Buffer): readonly FoundJpeg[] {
    this.#append(bytes);
    const view = this.#data.subarray(0, this.#end);
    while (this.#step(view));
    if (this.#mode === 'scan' && this.#stated > 0 && this.#end - this.#start >= this.#stated) this.#endAtStated();
    if (this.#end - this.#start > cameraLimits.frame) throw tooLong();
    if (this.#textLength > cameraLimits.betweenFrames) {
      throw new PortholeError('source_not_video', {
        detail: `more than ${inMegabytes(cameraLimits.betweenFrames)} without an image`,
      });
    }
    return this.#take();
  }

  /** Ends the stream. @returns the images that could not be told before, such as a last one without EOI */
  end(): readonly FoundJpeg[] {
    const view = this.#data.subarray(0, this.#end);
    while (this.#mode !== 'seek') {
      if (this.#mode === 'scan') this.#finishWithoutEnd(this.#end);
      else this.#giveUp(this.#segment + 2);
      while (this.#step(view));
    }
    return this.#take();
  }

  #take(): readonly FoundJpeg[] {
    const found = this.#found;
    this.#found = [];
    return found;
  }

  #append(bytes: Buffer): void {
    const kept = this.#end - this.#start;
    if (this.#end + bytes.length > this.#data.length) {
      const needed = (kept + bytes.length) * 2;
      const memory = needed > this.#data.length ? Buffer.allocUnsafeSlow(needed) : this.#data;
      this.#data.copy(memory, 0, this.#start, this.#end);
      this.#data = memory;
      this.#at -= this.#start;
      this.#segment -= this.#start;
      this.#start = 0;
      this.#end = kept;
    }
    this.#data.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** @returns false when it needs more data */
  #step(view: Buffer): boolean {
    switch (this.#mode) {
      case 'seek':
        return this.#seek(view);
      case 'segments':
        return this.#readSegment(view);
      case 'scan':
        return this.#readScan(view);
      default:
        return this.#mode satisfies never;
    }
  }

  #seek(view: Buffer): boolean {
    const found = view.indexOf(startOfImage, this.#at);
    const end = found === -1 ? Math.max(this.#at, view.length - 2) : found;
    this.#noteText(view.subarray(this.#at, end));
    this.#start = this.#at = end;
    if (found === -1) return false;
    this.#beginImage();
    return true;
  }

  #noteText(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#textLength += bytes.length;
    this.#text = (this.#text + bytes.toString('latin1', Math.max(0, bytes.length - longestText))).slice(-longestText);
    if (/[-:]/.test(this.#text)) this.#hasParts = true;
  }

  #beginImage(): void {
    const isAdjacent = !/[^\0\xff]/.test(this.#text);
    this.#isExtra = this.#mayHaveExtra && this.#hasParts && isAdjacent;
    this.#mayHaveExtra &&= isAdjacent;
    this.#stated = Number([...this.#text.matchAll(statedLength)].at(-1)?.[1] ?? 0);
    this.#text = '';
    this.#textLength = 0;
    this.#segment = this.#start;
    this.#at = this.#start + 2;
    this.#hasFrameHeader = this.#hasScan = this.#hasMultiPicture = false;
    this.#mode = 'segments';
  }

  #readSegment(view: Buffer): boolean {
    if (this.#at + 2 > view.length) return false;
    const marker = view[this.#at + 1] as number;
    if (view[this.#at] !== 0xff || marker < 0xc0 || marker === SOI) {
      if (view[this.#at] === 0xff && marker === 0x01) return this.#continue('segments', this.#at + 2);
      this.#giveUp(marker === SOI && view[this.#at] === 0xff ? this.#at : this.#segment + 2);
      return true;
    }
    if (marker === 0xff) return this.#continue('segments', this.#at + 1); // a fill byte (B.1.1.2)
    if (marker === EOI && this.#hasScan) return this.#deliver(this.#at + 2);
    if (marker === EOI) {
      this.#giveUp(this.#at + 2);
      return true;
    }
    if (marker >= 0xd0 && marker <= 0xd7) return this.#continue('segments', this.#at + 2);
    if (this.#at + 4 > view.length) return false;
    const end = this.#at + 2 + view.readUInt16BE(this.#at + 2);
    this.#segment = this.#at;
    if (!isPlausible(marker, end - this.#at - 2)) {
      this.#giveUp(this.#at + 2);
      return true;
    }
    if (end > view.length) return false;
    // Only a segment that was cut off contains the start of another image, except for thumbnails.
    if (!hasFreeContent(marker) && view.subarray(this.#at, end).includes(startOfImage)) {
      this.#giveUp(this.#at + 2);
      return true;
    }
    if (isFrameHeader(marker)) this.#hasFrameHeader = true;
    if (marker === APP2 && view.subarray(this.#at + 4, this.#at + 8).equals(multiPicture)) this.#hasMultiPicture = true;
    if (marker !== SOS) return this.#continue('segments', end);
    this.#hasScan = true;
    return this.#continue('scan', end);
  }

  #readScan(view: Buffer): boolean {
    for (let at = this.#at; ; at += 1) {
      at = view.indexOf(0xff, at);
      this.#at = at === -1 ? view.length : at;
      if (at === -1 || at + 1 === view.length) return false;
      const marker = view[at + 1] as number;
      if (marker === EOI) return this.#deliver(at + 2);
      if (marker === SOI) {
        this.#finishWithoutEnd(at);
        return true;
      }
      // Another scan, or the tables for it. Other markers are damage, which decoders survive.
      if (!followsScan(marker)) continue;
      if (at + 4 > view.length) return false;
      if (isPlausible(marker, view.readUInt16BE(at + 2))) return this.#continue('segments', at);
    }
  }

  #continue(mode: 'segments' | 'scan', at: number): boolean {
    this.#mode = mode;
    this.#at = at;
    return true;
  }

  #deliver(end: number): boolean {
    this.#emit(Buffer.from(this.#data.subarray(this.#start, end)), true);
    this.#seekFrom(end);
    return true;
  }

  /** The image ends before `end`, perhaps with the head of the next part in between. */
  #finishWithoutEnd(end: number): void {
    const data = this.#data.subarray(this.#start, end);
    const tail = data.toString('latin1', Math.max(0, data.length - longestText));
    const head = partHead.exec(tail)?.[0] ?? '';
    const image = data.subarray(0, data.length - head.length);
    const last = scanEnd(image);
    this.#emit(last === null ? Buffer.from(image) : withEnd(image.subarray(0, last)), last !== null);
    this.#text = head;
    if (head !== '') this.#hasParts = true;
    this.#seekFrom(end);
  }

  /** The part has its stated length but no EOI: delivers the image if only that is missing. */
  #endAtStated(): void {
    this.#stated = 0;
    const data = this.#data.subarray(this.#start, this.#end);
    const last = scanEnd(data);
    // An EOI that is split between two chunks is not missing.
    if (last === null || (last === data.length - 1 && data[last] === 0xff)) return;
    this.#emit(withEnd(data.subarray(0, last)), true);
    this.#seekFrom(this.#start + last);
    while (this.#step(this.#data.subarray(0, this.#end)));
  }

  /** The image is damaged. What looked like its last segment may contain the next image. */
  #giveUp(from: number): void {
    if (this.#hasFrameHeader) this.#emit(Buffer.from(this.#data.subarray(this.#start, from)), false);
    this.#seekFrom(Math.max(from, this.#start + 2));
  }

  #emit(bytes: Buffer, isWhole: boolean): void {
    if (this.#isExtra) return;
    this.#found.push({ bytes, isWhole });
    this.#mayHaveExtra = this.#hasMultiPicture && isWhole;
  }

  #seekFrom(at: number): void {
    this.#mode = 'seek';
    this.#start = this.#at = at;
  }
}

function tooLong(): PortholeError {
  const limit = inMegabytes(cameraLimits.frame);
  return beyondLimit(
    sentence('camera_beyond_image', { size: limit }),
    sentence('camera_beyond_images', { size: limit }),
  );
}

function withEnd(image: Buffer): Buffer {
  return Buffer.concat([image, endOfImage]);
}

function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** Markers that may follow a scan: DHT, DAC, SOS, DQT, DNL, DRI (B.2.1). */
function followsScan(marker: number): boolean {
  return marker === 0xc4 || marker === 0xcc || (marker >= SOS && marker <= 0xdd);
}

/** APPn and COM contain anything. */
function hasFreeContent(marker: number): boolean {
  return (marker & 0xf0) === 0xe0 || marker === 0xfe;
}

/** False if no segment with this marker has this length, in bytes with the length itself (B.2.2 to B.2.4). */
function isPlausible(marker: number, length: number): boolean {
  switch (marker) {
    case SOS:
      return length >= 8 && length <= 14;
    case 0xc4: // DHT: eight tables of up to 256 symbols
      return length >= 2 && length <= 2 + 8 * (17 + 256);
    case 0xdb: // DQT: four tables of 64 values of 16 bits
      return length >= 2 && length <= 2 + 4 * 129;
    case 0xdc: // DNL
    case 0xdd: // DRI
      return length === 4;
    default:
      return isFrameHeader(marker) ? length >= 11 && length <= 20 : length >= 2;
  }
}
