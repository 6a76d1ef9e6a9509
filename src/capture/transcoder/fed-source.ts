import { Packet, type CodecParameters } from 'node-av/lib';
import { pastFrame } from '../../channel/frames.ts';
import { PortholeError } from '../../domain/errors.ts';
import type { Frame } from '../../domain/media/frame.ts';
import type { VideoFormat } from '../../domain/media/media.ts';
import type { VideoTrack } from '../../domain/media/tracks.ts';
import type { Captured, OpenSource } from '../source.ts';
import { videoParameters } from './codec-parameters.ts';

/** How many frames may wait for the decoder, and how many bytes: a GOP that a new decoder starts with. */
const most = { frames: 300, bytes: 8 * 1024 * 1024 } as const;
/** A keyframe replaces the waiting frames if there are more than this: the decoder is behind. */
const fewBehind = 5;

/** A source whose frames come from the server. Frames that the decoder is too slow for are skipped up to a keyframe. */
export class FedSource implements OpenSource {
  readonly video: VideoFormat;
  readonly codecParameters: CodecParameters;
  readonly intraOnly: boolean;
  readonly encodesAll = true;
  readonly #dropped: (count: number) => void;
  #waiting: Frame[] = [];
  #bytes = 0;
  /** True while frames are skipped up to the next keyframe. */
  #isBroken = false;
  #wake: (() => void) | null = null;
  #closed = false;

  /** @param dropped receives the number of frames that were skipped */
  constructor(track: VideoTrack, dropped: (count: number) => void) {
    const { codec, width, height, fps } = track;
    this.video = { format: codec, width, height, fps };
    this.codecParameters = videoParameters(track);
    this.intraOnly = codec === 'jpeg';
    this.#dropped = dropped;
  }

  /** Takes the next frame. */
  take(frame: Frame): void {
    if (frame.keyframe) {
      this.#isBroken = false;
      if (this.intraOnly || this.#waiting.length > fewBehind) this.#drop();
    }
    this.#waiting.push(frame);
    this.#bytes += frame.bytes.length;
    const isTooMuch = this.#waiting.length > most.frames || this.#bytes > most.bytes;
    this.#isBroken ||= isTooMuch && this.#waiting.length > 1;
    if (this.#isBroken) this.#drop();
    else this.#wake?.();
  }

  async read(): Promise<Captured> {
    let frame = this.#waiting.shift();
    while (frame === undefined) {
      if (this.#closed) throw new PortholeError('source_ended');
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = null;
      frame = this.#waiting.shift();
    }
    this.#bytes -= frame.bytes.length;
    const packet = new Packet();
    packet.alloc();
    packet.data = frame.bytes;
    packet.isKeyframe = frame.keyframe;
    const { capturedAt, sequence } = frame;
    const isPast = sequence === pastFrame;
    return { kind: 'packet', packet, capturedAt, isPast, ...(isPast ? {} : { sequence }) };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting = [];
    this.#wake?.();
  }

  #drop(): void {
    const past = this.#waiting.filter(({ sequence }) => sequence === pastFrame).length;
    this.#dropped(this.#waiting.length - past);
    this.#waiting = [];
    this.#bytes = 0;
  }
}
