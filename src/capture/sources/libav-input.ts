import {
  AV_CODEC_ID_MJPEG,
  AV_CODEC_ID_NONE,
  AV_CODEC_ID_RAWVIDEO,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  AVMEDIA_TYPE_AUDIO,
  AVMEDIA_TYPE_VIDEO,
  AV_PIX_FMT_NONE,
  AVSEEK_FLAG_BACKWARD,
  AVSEEK_FLAG_BYTE,
} from 'node-av/constants';
import { avGetCodecName, avGetPixFmtName, Dictionary, FormatContext, InputFormat, Packet } from 'node-av/lib';
import type { CodecParameters, IRational, Stream } from 'node-av/lib';
import type { VideoFormat } from '../../domain/media/media.ts';
import { cameraLimits, refuseLength, refuseSize } from '../../domain/cameras/camera-limits.ts';
import { PortholeError } from '../../domain/errors.ts';
import '../ffmpeg-log.ts';

/** Options of {@link LibavInput.open}. */
export interface LibavInputOptions {
  /** The URL for FFmpeg. */
  readonly url: string;
  /** FFmpeg's name of the demuxer or input device; detected if left out. */
  readonly format?: string;
  /** Options of the demuxer and the protocol, by FFmpeg's names. */
  readonly options: Readonly<Record<string, string>>;
  /** Maps FFmpeg's error code to the error that is thrown. */
  readonly explain: (code: number) => PortholeError;
  /**
   * True to read packets until size and rate are known. FFmpeg then keeps the packets, so that none is lost. False if
   * the header tells enough to decode the stream, which is then read from its first packet; the size may be 0 at first.
   */
  readonly probe: boolean;
  /**
   * Options for opening the input a second time, if it has video and probing has not found its size. A stream that is
   * joined between two keyframes doesn't tell its size before the next one.
   */
  readonly longProbe?: Readonly<Record<string, string>>;
}

/** Reads the packets of one video stream, and of an audio stream if the input has one, with FFmpeg's libraries. */
export class LibavInput {
  readonly #context: FormatContext;
  readonly #explain: (code: number) => PortholeError;
  readonly stream: Stream;
  /** The audio stream; null if the input has none. */
  readonly audio: Stream | null;
  /** Receives the audio packets, which are freed after each call; null while nobody listens. */
  takeAudio: ((packet: Packet, stream: Stream) => void) | null = null;
  #closed: Promise<void> | null = null;

  private constructor(
    context: FormatContext,
    stream: Stream,
    audio: Stream | null,
    explain: (code: number) => PortholeError,
  ) {
    this.#context = context;
    this.#explain = explain;
    this.stream = stream;
    this.audio = audio;
  }

  /**
   * Opens an input and selects its best video stream.
   *
   * @throws {PortholeError} as `explain` says, `source_not_video`, or `source_beyond_limits`.
   */
  static async open({ longProbe, ...options }: LibavInputOptions): Promise<LibavInput> {
    const longer = { ...options, options: { ...options.options, ...longProbe } };
    const input =
      (await LibavInput.#open(options)) ?? (longProbe === undefined ? null : await LibavInput.#open(longer));
    if (input === null) throw new PortholeError('source_not_video');
    return input;
  }

  /** @returns null if the input has video whose size is still unknown */
  static async #open(options: Omit<LibavInputOptions, 'longProbe'>): Promise<LibavInput | null> {
    const context = new FormatContext();
    context.allocContext();
    using dictionary = Dictionary.fromObject(options.options);
    const format = options.format === undefined ? null : InputFormat.findInputFormat(options.format);
    const opened = await context.openInput(options.url, format, dictionary);
    if (opened < 0) throw options.explain(opened);
    try {
      // Some headers, such as that of MPEG-TS over RTSP, do not even name the streams.
      const probe = options.probe || context.findBestStream(AVMEDIA_TYPE_VIDEO) < 0;
      const probed = probe ? await context.findStreamInfo() : 0;
      if (probed < 0) throw options.explain(probed);
      const stream = context.streams[context.findBestStream(AVMEDIA_TYPE_VIDEO)];
      if (stream === undefined) throw new PortholeError('source_not_video');
      if (probe && stream.codecpar.width === 0) {
        await context.closeInput();
        return null;
      }
      const refusal = refuseSize(stream.codecpar);
      if (refusal !== null) throw refusal;
      const audio = context.streams[context.findBestStream(AVMEDIA_TYPE_AUDIO)];
      const usable = audio !== undefined && isUsableAudio(audio) ? audio : null;
      return new LibavInput(context, stream, usable, options.explain);
    } catch (error) {
      await context.closeInput();
      throw error;
    }
  }

  /** The format of the video stream. */
  get video(): VideoFormat {
    const { codecpar, avgFrameRate, rFrameRate } = this.stream;
    const rate = avgFrameRate.num > 0 ? avgFrameRate : rFrameRate;
    const raw = codecpar.codecId === AV_CODEC_ID_RAWVIDEO && (codecpar.format as number) !== AV_PIX_FMT_NONE;
    return {
      format: (raw ? avGetPixFmtName(codecpar.format as never) : avGetCodecName(codecpar.codecId)) ?? 'unknown',
      width: codecpar.width,
      height: codecpar.height,
      fps: plausibleRate(rate),
    };
  }

  /** How to decode the video stream. */
  get codecParameters(): CodecParameters {
    return this.stream.codecpar;
  }

  /** True for MJPEG and raw video. */
  get intraOnly(): boolean {
    const id = this.stream.codecpar.codecId;
    return id === AV_CODEC_ID_MJPEG || id === AV_CODEC_ID_RAWVIDEO;
  }

  /**
   * Reads the next packet of the video stream, which the caller frees.
   *
   * @returns null at the end
   * @throws {PortholeError} as `explain` says.
   */
  async read(): Promise<Packet | null> {
    for (;;) {
      if (this.#closed !== null) throw new PortholeError('source_ended');
      const packet = new Packet();
      packet.alloc();
      const code = await this.#context.readFrame(packet);
      const refusal = refuseLength(code < 0 ? 0 : packet.size);
      if (refusal !== null) {
        packet.free();
        throw refusal;
      }
      if (code >= 0 && packet.streamIndex === this.stream.index && packet.size > 0) return packet;
      if (code >= 0 && packet.streamIndex === this.audio?.index) this.takeAudio?.(packet, this.audio);
      packet.free();
      if (code === AVERROR_EOF) return null;
      if (code < 0 && code !== AVERROR_EAGAIN) throw this.#explain(code);
      if (code < 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  /** Seeks to the start: by time, or by bytes in files without time stamps. @returns false if the input cannot seek */
  async rewind(): Promise<boolean> {
    for (const flag of [AVSEEK_FLAG_BACKWARD, AVSEEK_FLAG_BYTE]) {
      if ((await this.#context.seekFrame(-1, 0n, flag)) >= 0) return true;
    }
    return false;
  }

  /** Closes the input and makes a pending {@link read} fail. Idempotent. */
  close(): Promise<void> {
    this.#context.interrupt();
    this.#closed ??= this.#context.closeInput();
    return this.#closed;
  }
}

/** True for audio that can be decoded. Streams whose audio is beyond the limits are shown without it. */
function isUsableAudio({ codecpar }: Stream): boolean {
  const { codecId, sampleRate, channels } = codecpar;
  const { audioRate, audioChannels } = cameraLimits;
  return codecId !== AV_CODEC_ID_NONE && sampleRate > 0 && sampleRate <= audioRate && channels <= audioChannels;
}

/** Frames per second; null if unknown. Without frames to measure, FFmpeg guesses the clock's rate, such as 90,000. */
function plausibleRate({ num, den }: IRational): number | null {
  const rate = num / den;
  return rate > 0 && rate <= cameraLimits.rate ? rate : null;
}
