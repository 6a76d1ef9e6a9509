import { AV_NOPTS_VALUE } from 'node-av/constants';
import type { IRational } from 'node-av/lib';
import { monotonicNow } from '../../domain/clock.ts';
import { PortholeError } from '../../domain/errors.ts';
import { explainFile } from '../ffmpeg-errors.ts';
import type { Captured, OpenSource, OpenSourceFunction, AudioInput } from '../source.ts';
import { LibavInput } from './libav-input.ts';

/** The allowed containers. Playlists are not among them, because they name other files. */
const formats =
  'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,mjpeg,jpeg_pipe,h264,hevc,flv,ogg,asf,gif,wmv,ivf,m4v';

/** Opens a media file, which plays at its own speed in a loop. */
export const openFile: OpenSourceFunction<'file'> = async ({ source }) => {
  return new FileSource(
    await LibavInput.open({
      // The explicit protocol keeps FFmpeg from reading a URL out of an odd file name.
      url: `file:${source.path}`,
      options: { format_whitelist: formats, protocol_whitelist: 'file' },
      explain: explainFile(source.path),
      probe: true,
    }),
  );
};

class FileSource implements OpenSource {
  readonly #input: LibavInput;
  /** When the current loop started, in milliseconds on the monotonic clock. */
  #loopStart = monotonicNow();
  /** When the last frame was due, in milliseconds on the monotonic clock. */
  #due = monotonicNow();
  /** The time stamp of the loop's first frame, in milliseconds; null before it. Files need not start at 0. */
  #offset: number | null = null;
  /** The number of frames in this loop. A file without frames is not a video. */
  #count = 0;

  constructor(input: LibavInput) {
    this.#input = input;
  }

  get video() {
    return this.#input.video;
  }
  get codecParameters() {
    return this.#input.codecParameters;
  }
  get intraOnly() {
    return this.#input.intraOnly;
  }

  /**
   * Audio packets are delivered when they are read, up to one frame early, with the exact time at which they are due.
   */
  get audio(): AudioInput | undefined {
    const input = this.#input;
    if (input.audio === null) return undefined;
    const { codecpar: parameters, timeBase } = input.audio;
    return {
      announced: true,
      listen: (take) => {
        input.takeAudio =
          take === null
            ? null
            : (packet) => {
                const time = this.#timeOf(packet.pts, timeBase);
                if (time !== null) take({ packet, parameters, time, exact: true });
              };
      },
    };
  }

  async read(): Promise<Captured> {
    let packet = await this.#input.read();
    if (packet === null) {
      if (this.#count === 0 || !(await this.#input.rewind())) throw new PortholeError('source_ended');
      this.#loopStart = this.#due + this.#interval();
      this.#offset = null;
      this.#count = 0;
      packet = await this.#input.read();
      if (packet === null) throw new PortholeError('source_not_video');
    }
    this.#count += 1;
    // Packets come in decoding order. A frame that is shown after later packets must not delay them, hence the DTS.
    this.#due = this.#dueTime(packet.dts === AV_NOPTS_VALUE ? packet.pts : packet.dts);
    const wait = this.#due - monotonicNow();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, Math.min(wait, 10_000)));
    return { kind: 'packet', packet, capturedAt: monotonicNow() };
  }

  close(): Promise<void> {
    return this.#input.close();
  }

  /** When audio with this time stamp is due; null before the loop's first frame, and without a time stamp. */
  #timeOf(stamp: bigint, { num, den }: IRational): number | null {
    if (this.#offset === null || stamp === AV_NOPTS_VALUE) return null;
    return this.#loopStart + (Number(stamp) * num * 1_000) / den - this.#offset;
  }

  /** When a frame with this time stamp is due. A file without time stamps plays at its frame rate. */
  #dueTime(stamp: bigint): number {
    const { num, den } = this.#input.stream.timeBase;
    if (stamp === AV_NOPTS_VALUE) return this.#due + this.#interval();
    const time = (Number(stamp) * num * 1_000) / den;
    this.#offset ??= time;
    const due = this.#loopStart + time - this.#offset;
    // After a jump in the file's time stamps, or after the machine slept, playback continues from now.
    if (Math.abs(due - monotonicNow()) < 10_000) return due;
    this.#loopStart += monotonicNow() - due;
    return monotonicNow();
  }

  #interval(): number {
    return 1_000 / (this.video.fps ?? 25);
  }
}
