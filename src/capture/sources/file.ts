import { AV_NOPTS_VALUE } from 'node-av/constants';
import type { IRational, Packet } from 'node-av/lib';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicNow } from '../../domain/clock.ts';
import { PortholeError } from '../../domain/errors.ts';
import { explainFile } from '../ffmpeg-errors.ts';
import type { Captured, OpenSource, OpenSourceFunction, AudioInput } from '../source.ts';
import { LibavInput } from './libav-input.ts';
import { Playback } from './playback.ts';

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
  readonly #playback = new Playback(monotonicNow());
  /** The number of frames in this loop. A file without frames is not a video. */
  #count = 0;
  #loops = 0;
  /** The PTS of the very first frame. */
  #begin: bigint | null = null;
  readonly #abort = new AbortController();

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
                if (packet.pts === AV_NOPTS_VALUE) return;
                const time = this.#playback.timeOf(milliseconds(packet.pts, timeBase));
                if (time !== null) take({ packet, parameters, time, exact: true });
              };
      },
    };
  }

  async read(): Promise<Captured> {
    let packet = await this.#input.read();
    if (packet === null) {
      if (this.#count === 0 || !(await this.#input.rewind())) throw new PortholeError('source_ended');
      this.#playback.rewind(this.#interval);
      this.#count = 0;
      this.#loops += 1;
      packet = await this.#input.read();
      if (packet === null) throw new PortholeError('source_not_video');
    }
    this.#count += 1;
    // Packets come in decoding order. A frame that is shown after later packets must not delay them, hence the DTS.
    const stamp = packet.dts === AV_NOPTS_VALUE ? packet.pts : this.#afterBegin(packet);
    const now = monotonicNow();
    const time = stamp === AV_NOPTS_VALUE ? null : milliseconds(stamp, this.#input.stream.timeBase);
    const wait = this.#playback.next(time, this.#interval, now) - now;
    if (wait > 1) await sleep(wait, undefined, { signal: this.#abort.signal }).catch(() => undefined);
    return { kind: 'packet', packet, capturedAt: monotonicNow() };
  }

  /**
   * A packet's DTS, or the PTS of the very first frame if that is later: a decoder that reorders frames gives the first
   * one only after some more packets, which may be a minute of a slow file. Later loops push out the frames before.
   */
  #afterBegin({ pts, dts }: Packet): bigint {
    this.#begin ??= pts === AV_NOPTS_VALUE ? dts : pts;
    return dts > this.#begin || this.#loops > 0 ? dts : this.#begin;
  }

  close(): Promise<void> {
    this.#abort.abort();
    return this.#input.close();
  }

  /** How long a frame usually lasts, in milliseconds. */
  get #interval(): number {
    return 1_000 / (this.video.fps ?? 25);
  }
}

function milliseconds(stamp: bigint, { num, den }: IRational): number {
  return (Number(stamp) * num * 1_000) / den;
}
