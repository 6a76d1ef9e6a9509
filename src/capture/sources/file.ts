import { AV_NOPTS_VALUE } from 'node-av/constants';
import type { IRational } from 'node-av/lib';
import { monotonicNow } from '../../domain/clock.ts';
import { PortholeError } from '../../domain/errors.ts';
import { explainFile } from '../ffmpeg-errors.ts';
import type { Captured, OpenSource, OpenSourceFunction, AudioInput } from '../source.ts';
import { LibavInput } from './libav-input.ts';

/** The containers that are read. No playlists: they would name other files. */
const formats =
  'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,mjpeg,h264,hevc,flv,ogg,asf,gif,wmv,ivf,m4v';

/** Opens a media file, which plays at its own rate, again and again. */
export const openFile: OpenSourceFunction = async ({ source }) => {
  if (source.kind !== 'file') throw new TypeError(`not a file: ${source.kind}`);
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
  /** When the present round's time 0 is due, on the monotonic clock in milliseconds. */
  #roundStart = monotonicNow();
  /** When the last picture was due. */
  #due = monotonicNow();
  /** The first picture's time of a file that does not start at 0, in milliseconds. */
  #offset: number | null = null;
  /** Pictures of this round; a file whose rounds are empty is no video. */
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

  /** Sound is handed on as it is read, at most a picture's time early: its own times tell when it is due. */
  get audio(): AudioInput | undefined {
    const input = this.#input;
    if (input.audio === null) return undefined;
    const { codecpar: parameters, timeBase } = input.audio;
    return {
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
      this.#roundStart = this.#due + this.#interval();
      this.#offset = null;
      this.#count = 0;
      packet = await this.#input.read();
      if (packet === null) throw new PortholeError('source_not_video');
    }
    this.#count += 1;
    // Packets come in the order of decoding. A picture that is shown later than those behind it must not keep them
    // waiting.
    this.#due = this.#dueTime(packet.dts === AV_NOPTS_VALUE ? packet.pts : packet.dts);
    const wait = this.#due - monotonicNow();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, Math.min(wait, 10_000)));
    return { kind: 'packet', packet, capturedAt: monotonicNow() };
  }

  close(): Promise<void> {
    return this.#input.close();
  }

  /** When sound of this time stamp is due; null before the first picture of this round, and where no times are told. */
  #timeOf(stamp: bigint, { num, den }: IRational): number | null {
    if (this.#offset === null || stamp === AV_NOPTS_VALUE) return null;
    return this.#roundStart + (Number(stamp) * num * 1_000) / den - this.#offset;
  }

  /** When a packet of this time stamp is due; a file that tells no times plays at its rate. */
  #dueTime(stamp: bigint): number {
    const { num, den } = this.#input.stream.timeBase;
    if (stamp === AV_NOPTS_VALUE) return this.#due + this.#interval();
    const time = (Number(stamp) * num * 1_000) / den;
    this.#offset ??= time;
    const due = this.#roundStart + time - this.#offset;
    // A jump in the file's times, or a machine that slept, must not be waited for or made up for.
    if (Math.abs(due - monotonicNow()) < 10_000) return due;
    this.#roundStart += monotonicNow() - due;
    return monotonicNow();
  }

  #interval(): number {
    return 1_000 / (this.video.fps ?? 25);
  }
}
