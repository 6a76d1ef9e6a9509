import { frameEnd, readFramePart, type FramePart } from '../../../formats/rtsp/frame-end.ts';

/** How long after a frame's last packet the frame counts as complete, in milliseconds: packets of a frame come at once. */
const quiet = { marked: 8, unmarked: 60 } as const;

/**
 * Ends each frame of a video track as soon as it is complete. FFmpeg recognises a frame's end by the start of the next
 * frame, which a camera with one frame in ten seconds sends ten seconds later.
 */
export class FrameEnds implements Disposable {
  readonly #encoding: string;
  readonly #end: (rtp: Buffer) => void;
  #last: (FramePart & { readonly rtp: Buffer }) | null = null;
  /** The time stamp of the frame that was ended last. */
  #ended: number | null = null;
  #timer: NodeJS.Timeout | undefined;
  /** True once a frame went on after its end: this camera's frames cannot be told apart. */
  #misled = false;

  /**
   * @param encoding RTP's name of the video's encoding
   * @param end receives a packet that ends the current frame
   */
  constructor(encoding: string, end: (rtp: Buffer) => void) {
    this.#encoding = encoding;
    this.#end = end;
  }

  /** Notes an RTP packet of the track, after it was passed on. */
  packet(rtp: Buffer): void {
    const part = this.#misled ? null : readFramePart(rtp);
    if (part === null) return;
    clearTimeout(this.#timer);
    if (part.timestamp === this.#ended) {
      this.#misled = true;
      return;
    }
    this.#last = { ...part, rtp };
    this.#timer = setTimeout(() => this.#complete(), part.marked ? quiet.marked : quiet.unmarked);
  }

  #complete(): void {
    if (this.#last === null) return;
    const end = frameEnd(this.#last.rtp, this.#encoding);
    this.#ended = this.#last.timestamp;
    this.#last = null;
    if (end !== null) this.#end(end);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
