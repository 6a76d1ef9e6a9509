import { Codec, CodecContext, Frame } from 'node-av/lib';
import type { CodecParameters } from 'node-av/lib';
import type { WantedRendition } from '../../domain/media/media.ts';
import { isAudio, type AudioCodec, audioRate } from '../../domain/media/audio.ts';
import { AudioClock } from './audio-clock.ts';
import { AudioEncoder, audioFormat } from './audio-encoder.ts';
import type { CaptureOutput } from '../output.ts';
import type { CapturedAudio } from '../source.ts';

const samplesPerMillisecond = audioRate / 1_000;
/** A longer gap is a pause, and is not filled with silence; in milliseconds. */
const longestGap = 1_000;

/**
 * The audio of one source: decoded once and encoded once per codec, only while it is in demand. It runs synchronously,
 * because a packet takes a fraction of a millisecond.
 */
export class Audio implements Disposable {
  readonly #output: Pick<CaptureOutput, 'frame' | 'warn'>;
  readonly #clock = new AudioClock();
  readonly #frame = new Frame();
  readonly #encoders = new Map<AudioCodec, AudioEncoder>();
  #wanted: ReadonlyMap<AudioCodec, readonly number[]> = new Map();
  #decoder: CodecContext | null = null;
  #parameters: CodecParameters | null = null;
  #sequence = 0;
  /** The end of the last frame, in milliseconds on the monotonic clock; null before the first. */
  #end: number | null = null;
  #warned = false;
  #heard = false;

  constructor(output: Pick<CaptureOutput, 'frame' | 'warn'>) {
    this.#output = output;
    this.#frame.alloc();
  }

  /** Sets the Renditions in demand, of which it takes the audio ones. @returns true if any audio is in demand */
  want(renditions: readonly WantedRendition[]): boolean {
    const wanted = new Map<AudioCodec, number[]>();
    for (const { id, codec } of renditions) {
      if (isAudio(codec)) wanted.set(codec, [...(wanted.get(codec) ?? []), id]);
    }
    this.#wanted = wanted;
    for (const [codec, encoder] of this.#encoders) {
      if (wanted.has(codec)) continue;
      encoder[Symbol.dispose]();
      this.#encoders.delete(codec);
    }
    if (wanted.size === 0) this.#closeDecoder();
    return wanted.size > 0;
  }

  /** True once a packet has been decoded. */
  get heard(): boolean {
    return this.#heard;
  }

  /** Takes a packet, which the caller still owns. Until one could be decoded, it decodes them without demand as well. */
  take(captured: CapturedAudio): void {
    if (this.#wanted.size === 0 && this.#heard) return;
    try {
      const decoder = this.#decoderFor(captured.parameters);
      if (decoder.sendPacketSync(captured.packet) < 0) return;
      while (decoder.receiveFrameSync(this.#frame) >= 0) {
        this.#heard = true;
        this.#encode(this.#frame, captured);
        this.#frame.unref();
      }
      if (this.#wanted.size === 0 && this.#heard) this.#closeDecoder();
    } catch (error) {
      this.#fail(error);
    }
  }

  #encode(frame: Frame, { time, exact }: CapturedAudio): void {
    const duration = (frame.nbSamples * 1_000) / frame.sampleRate;
    const start = this.#clock.startOf(duration, time, exact);
    // After a pause of an hour, an encoder would output an hour of silence at once.
    if (this.#end !== null && Math.abs(start - this.#end) > longestGap) this.#closeEncoders();
    this.#end = start + duration;
    frame.pts = BigInt(Math.round(start * samplesPerMillisecond));
    for (const [codec, ids] of this.#wanted) {
      for (const { bytes, time: at } of this.#encoder(codec, frame).encode(frame)) {
        this.#sequence += 1;
        const capturedAt = at / samplesPerMillisecond;
        const encoded = { bytes, sequence: this.#sequence, capturedAt, keyframe: false, width: 0, height: 0 };
        for (const id of ids) this.#output.frame(id, encoded);
      }
    }
  }

  /** Returns the encoder for this frame's format, which a source may change. */
  #encoder(codec: AudioCodec, frame: Frame): AudioEncoder {
    const existing = this.#encoders.get(codec);
    if (existing?.inputFormat === audioFormat(frame)) return existing;
    existing?.[Symbol.dispose]();
    this.#encoders.delete(codec);
    const encoder = AudioEncoder.open(codec, frame);
    this.#encoders.set(codec, encoder);
    return encoder;
  }

  #decoderFor(parameters: CodecParameters): CodecContext {
    if (this.#decoder !== null && this.#parameters === parameters) return this.#decoder;
    this.#closeDecoder();
    const codec = Codec.findDecoder(parameters.codecId);
    if (codec === null) throw new Error(`no decoder for codec ${parameters.codecId}`);
    const context = new CodecContext();
    context.allocContext3(codec);
    context.parametersToContext(parameters);
    const code = context.open2Sync(codec);
    if (code < 0) {
      context.freeContext();
      throw new Error(`the ${codec.name} decoder could not be opened (${code})`);
    }
    this.#decoder = context;
    this.#parameters = parameters;
    this.#clock.restart();
    return context;
  }

  #closeEncoders(): void {
    for (const encoder of this.#encoders.values()) encoder[Symbol.dispose]();
    this.#encoders.clear();
  }

  #closeDecoder(): void {
    this.#decoder?.freeContext();
    this.#decoder = null;
    this.#parameters = null;
  }

  /** Video continues without audio. Warns once, because every packet would fail in the same way. */
  #fail(error: unknown): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#output.warn(`The audio of this camera cannot be used: ${error instanceof Error ? error.message : 'unknown'}`);
  }

  [Symbol.dispose](): void {
    this.want([]);
    this.#frame.free();
  }
}
