import { Codec, CodecContext, Frame } from 'node-av/lib';
import type { CodecParameters } from 'node-av/lib';
import type { WantedRendition } from '../../channel/messages.ts';
import type { Frame as EncodedFrame } from '../../domain/frame.ts';
import { isAudio, type AudioCodec, audioRate } from '../../domain/audio.ts';
import { AudioClock } from './audio-clock.ts';
import { AudioEncoder, audioKind } from './audio-encoder.ts';
import type { CapturedAudio } from '../source.ts';

const samplesPerMillisecond = audioRate / 1_000;
/** A pause that is longer than this is one, and not filled with silence, in milliseconds. */
const longestGap = 1_000;

/** What a {@link Audio} tells. */
export interface AudioOutput {
  /** A piece for a Rendition. */
  frame(rendition: number, frame: EncodedFrame): void;
  /** Something does not work; a sentence for the log. */
  warn(text: string): void;
}

/**
 * The sound of one source: decoded once and encoded once for each codec, and only while somebody listens. What happens
 * here takes a fraction of a millisecond for each packet.
 */
export class Audio implements Disposable {
  readonly #output: AudioOutput;
  readonly #clock = new AudioClock();
  readonly #frame = new Frame();
  readonly #encoders = new Map<AudioCodec, AudioEncoder>();
  #wanted: ReadonlyMap<AudioCodec, readonly number[]> = new Map();
  #decoder: CodecContext | null = null;
  #parameters: CodecParameters | null = null;
  #sequence = 0;
  /** When the last frame ended, in milliseconds of the monotonic clock. */
  #end: number | null = null;
  #warned = false;

  constructor(output: AudioOutput) {
    this.#output = output;
    this.#frame.alloc();
  }

  /** Sets what is in demand; of other Renditions than those of sound it takes no notice. @returns true if somebody listens */
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

  /** Takes a packet; it stays the caller's. */
  take(captured: CapturedAudio): void {
    if (this.#wanted.size === 0) return;
    try {
      const decoder = this.#decoderFor(captured.parameters);
      if (decoder.sendPacketSync(captured.packet) < 0) return;
      while (decoder.receiveFrameSync(this.#frame) >= 0) {
        this.#encode(this.#frame, captured);
        this.#frame.unref();
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #encode(frame: Frame, { time, exact }: CapturedAudio): void {
    const duration = (frame.nbSamples * 1_000) / frame.sampleRate;
    const start = this.#clock.startOf(duration, time, exact);
    // An encoder would make all the silence of an hour's pause at once.
    if (this.#end !== null && Math.abs(start - this.#end) > longestGap) this.#closeEncoders();
    this.#end = start + duration;
    frame.pts = BigInt(Math.round(start * samplesPerMillisecond));
    for (const [codec, ids] of this.#wanted) {
      for (const { bytes, time: at } of this.#encoder(codec, frame).encode(frame)) {
        this.#sequence += 1;
        const capturedAt = at / samplesPerMillisecond;
        const piece = { bytes, sequence: this.#sequence, capturedAt, keyframe: false, width: 0, height: 0 };
        for (const id of ids) this.#output.frame(id, piece);
      }
    }
  }

  /** The encoder for frames of this kind: a source may change it on its way. */
  #encoder(codec: AudioCodec, frame: Frame): AudioEncoder {
    const present = this.#encoders.get(codec);
    if (present?.kind === audioKind(frame)) return present;
    present?.[Symbol.dispose]();
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
      throw new Error(`the decoder of ${codec.name} cannot be opened (${code})`);
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

  /** The picture goes on without sound. Said once: it would be the same with each packet. */
  #fail(error: unknown): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#output.warn(`The sound of this camera cannot be used: ${error instanceof Error ? error.message : 'unknown'}`);
  }

  [Symbol.dispose](): void {
    this.want([]);
    this.#frame.free();
  }
}
