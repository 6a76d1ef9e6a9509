import { cameraLimits, inMegabytes } from '../../domain/cameras/camera-limits.ts';
import { PortholeError } from '../../domain/errors.ts';

/** Types of parts that say nothing about the video next to them. */
const others = /^(audio|text|application)\//i;
const partType = /^content-type[ \t]*:[ \t]*([\w.+/-]+)(?![\w.+/-])[^\r\n]*\r?\n/gim;
/** The headers of a part and the line that ends them. */
const partHead = /(?:^|\n)((?:[\w-]{1,60}[ \t]*:[^\r\n]{0,500}\r?\n){1,40})\r?\n/;

/** The type of the first part of a multipart body that is a picture or video; null if it has not arrived. */
export function typeOfParts(start: Buffer): string | null {
  for (const [, type = ''] of start.toString('latin1').matchAll(partType)) if (!others.test(type)) return type;
  return null;
}

/** True for parts that are pieces of a video stream, such as H.264, instead of JPEGs. */
export function isVideoPart(type: string): boolean {
  return /^video\/(?!(x-)?(motion-?)?m?jpe?g)/i.test(type);
}

/**
 * Joins the video of a multipart body, such as that of TP-Link's Kasa cameras, in which parts of H.264 and of audio
 * alternate. Each part states its length.
 */
export class VideoParts {
  #waiting: Buffer = Buffer.alloc(0);
  /** How much of the current part follows, in bytes. */
  #left = 0;
  #isVideo = false;
  /** How much data has come since the last part, in bytes. */
  #skipped = 0;

  /**
   * Takes the next bytes of the body.
   *
   * @returns the video among them
   * @throws {PortholeError} `source_not_video` if no part follows.
   */
  push(bytes: Buffer): Buffer[] {
    const video: Buffer[] = [];
    let rest = this.#waiting.length === 0 ? bytes : Buffer.concat([this.#waiting, bytes]);
    while (rest.length > 0) {
      const body = rest.subarray(0, this.#left);
      if (this.#isVideo && body.length > 0) video.push(body);
      this.#left -= body.length;
      rest = rest.subarray(body.length);
      if (this.#left > 0) break;
      const begun = this.#begin(rest);
      if (begun === null) break;
      rest = begun;
    }
    this.#waiting = this.#left > 0 ? Buffer.alloc(0) : Buffer.from(this.#bounded(rest));
    return video;
  }

  /** Reads the head of the next part. @returns what follows it; null while it is incomplete */
  #begin(bytes: Buffer): Buffer | null {
    const found = partHead.exec(bytes.toString('latin1'));
    if (found === null) return null;
    const [all, headers = ''] = found;
    this.#left = Number(/^content-length[ \t]*:[ \t]*(\d{1,9})/im.exec(headers)?.[1] ?? 0);
    this.#isVideo = isVideoPart(/^content-type[ \t]*:[ \t]*(\S+)/im.exec(headers)?.[1] ?? '');
    this.#skipped = 0;
    return bytes.subarray(found.index + all.length);
  }

  /** Drops data in which no part begins. */
  #bounded(bytes: Buffer): Buffer {
    const dropped = Math.max(0, bytes.length - cameraLimits.partHead);
    this.#skipped += dropped;
    if (this.#skipped > cameraLimits.betweenFrames) {
      throw new PortholeError('source_not_video', {
        detail: `more than ${inMegabytes(cameraLimits.betweenFrames)} without a part that states its length`,
      });
    }
    return bytes.subarray(dropped);
  }
}
