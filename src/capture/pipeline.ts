import { AV_CODEC_ID_MJPEG, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { CodecParameters, Packet } from 'node-av/lib';
import type { Frame as RawFrame } from 'node-av/lib';
import { dropReasons, type DropReason, type FromCapture, type WantedRendition } from '../channel/messages.ts';
import { PassingMemory } from '../channel/passing-memory.ts';
import type { Frame } from '../domain/frame.ts';
import type { VideoCodec } from '../domain/rendition.ts';
import { isAudio } from '../domain/audio.ts';
import { Decoder } from './decode/decoder.ts';
import { describeVideo } from './describe-video.ts';
import './ffmpeg-log.ts';
import type { H264Encoders } from './encode/h264-encoders.ts';
import { H264Packets } from './h264-packets.ts';
import { jpegFrame, type JpegFrame } from './jpeg-frame.ts';
import { LatestOnly } from './latest-only.ts';
import { Renditions, type WantedVideo } from './encode/renditions.ts';
import { Audio } from './audio/audio.ts';
import type { Captured, OpenSource } from './source.ts';

/** What a {@link Pipeline} tells whoever runs it. */
export interface PipelineOutput {
  /** A picture for a Rendition. */
  frame(rendition: number, frame: Frame): void;
  /** Something does not work; a sentence for the log. */
  warn(text: string): void;
  /** `ready` once, then `changed` and `stats`. */
  report(message: Extract<FromCapture, { type: 'ready' | 'changed' | 'stats' }>): void;
}

/** When a picture was captured, and its number. */
type Moment = Pick<Frame, 'capturedAt' | 'sequence'>;

/** A picture on its way to the encoders: raw, or a JPEG to be decoded first. */
interface Waiting extends Moment {
  readonly picture: RawFrame | Buffer;
}

/**
 * One open source turned into Frames. Reading never waits for encoding: pictures of a codec that viewers take go out as
 * they come, and the encoders take the newest picture there is when they are free.
 */
export class Pipeline {
  readonly #source: OpenSource;
  readonly #output: PipelineOutput;
  readonly #renditions: Renditions;
  readonly #encoding: LatestOnly<Waiting>;
  /** How to decode the source's packets; null if it delivers frames. */
  readonly #parameters: CodecParameters | null;
  readonly #isJpeg: boolean;
  /** The packets of an H.264 source. */
  readonly #h264: H264Packets | null;
  /** The Renditions that get the H.264 packets as they come, having begun with a keyframe. */
  #following = new Set<number>();
  readonly #audio: Audio;
  readonly #memory = new PassingMemory();
  #decoder: Decoder | null = null;
  /** True while the decoder of a source whose pictures build on each other has had all since the last keyframe. */
  #decodes = false;
  #size: { width: number; height: number };
  #sequence = 0;
  #captured = 0;
  #dropped: Partial<Record<DropReason, number>> = {};
  #ready = false;

  /** @param h264 opens the encoders of H.264 */
  constructor(source: OpenSource, output: PipelineOutput, h264: H264Encoders) {
    this.#source = source;
    this.#output = output;
    this.#size = source.video;
    this.#parameters = source.passthrough === undefined ? source.codecParameters : jpegParameters();
    this.#isJpeg = this.#parameters?.codecId === AV_CODEC_ID_MJPEG;
    this.#h264 = this.#parameters === null ? null : H264Packets.open(this.#parameters);
    this.#renditions = new Renditions(source.video, this.#passthrough, h264);
    this.#audio = new Audio(output);
    this.#encoding = new LatestOnly(
      (waiting) => this.#encode(waiting),
      ({ picture }) => {
        release(picture);
        this.countDrop('encoder');
      },
    );
  }

  /** Sets the Renditions in demand, at any time. */
  want(renditions: readonly WantedRendition[]): void {
    this.#renditions.want(renditions.filter((each): each is WantedVideo => !isAudio(each.codec)));
    const listens = this.#audio.want(renditions);
    this.#source.audio?.listen(listens ? (packet) => this.#audio.take(packet) : null);
    this.#following = this.#following.intersection(new Set(renditions.map(({ id }) => id)));
    this.#tellPassthrough();
  }

  /** Tells a source that sends its own pictures itself who gets them. */
  #tellPassthrough(): void {
    const { passthrough } = this.#source;
    const { passthroughIds: ids, encodes: pictures } = this.#renditions;
    if (passthrough !== undefined) passthrough.demand = { ids, pictures };
  }

  /** Makes the next picture of a Rendition a keyframe, or the first one that may be, if it is encoded here. */
  requestKeyframe(rendition: number): void {
    this.#renditions.requestKeyframe(rendition);
  }

  /**
   * Reads pictures until the source fails.
   *
   * @param options `ready` if the server knows of the first picture already; `reading` is the read that somebody has begun
   * @throws {PortholeError} why it did.
   */
  async run({ ready = false, reading }: { ready?: boolean; reading?: Promise<Captured> } = {}): Promise<never> {
    this.#ready = ready;
    const parameters = this.#h264?.parameters ?? this.#parameters;
    if (parameters !== null) this.#decoder = await Decoder.open(parameters);
    const statistics = setInterval(() => this.#reportStatistics(), 1_000);
    try {
      for (let next = reading ?? this.#source.read(); ; next = this.#source.read()) {
        await this.#take(await next);
        if (this.#encoding.error !== null) throw this.#encoding.error;
      }
    } finally {
      clearInterval(statistics);
      await this.#close();
    }
  }

  /** Counts pictures that did not reach the server. */
  countDrop(reason: DropReason, count = 1): void {
    if (count > 0) this.#dropped[reason] = (this.#dropped[reason] ?? 0) + count;
  }

  async #take(captured: Captured): Promise<void> {
    if (captured.kind === 'jpeg') {
      // Counted, and sent to who takes it as it is, by the source itself.
      this.#noteSize(captured.frame);
      this.#encodeJpeg(captured.frame.bytes, captured.frame);
      return;
    }
    this.#captured += 1;
    this.#sequence += 1;
    const moment = { capturedAt: captured.capturedAt, sequence: this.#sequence };
    if (captured.kind === 'frame') this.#encoding.push({ picture: captured.frame, ...moment });
    else if (this.#h264 !== null) await this.#takeH264(this.#h264, captured.packet, moment);
    else if (this.#source.intraOnly) this.#takeIntra(captured.packet, moment);
    else {
      // Later pictures build on this one: it must be decoded, whether it is shown or not.
      const frame = await (this.#decoder as Decoder).decode(captured.packet);
      captured.packet.free();
      if (frame !== null) this.#encoding.push({ picture: frame, ...moment });
    }
  }

  /**
   * A picture that stands alone. Its packet is freed at once: a driver has few buffers, and wants each back before the
   * next picture.
   */
  #takeIntra(packet: Packet, moment: Moment): void {
    const data = packet.data ?? Buffer.alloc(0); // a copy, made by node-av
    packet.free();
    this.#memory.took(data.length);
    if (!this.#isJpeg) {
      this.#encoding.push({ picture: data, ...moment });
      return;
    }
    const picture = jpegFrame(data);
    if (picture === null) {
      this.countDrop('corrupt');
      return;
    }
    this.#noteSize(picture);
    this.#sendJpeg(picture, moment);
    this.#encodeJpeg(picture.bytes, moment);
  }

  #sendJpeg(picture: JpegFrame, moment: Moment): void {
    const ids = this.#renditions.passthroughIds;
    if (ids.length === 0) return;
    const frame = { ...picture, ...moment, keyframe: true };
    for (const id of ids) this.#output.frame(id, frame);
  }

  #encodeJpeg(picture: Buffer, { capturedAt, sequence }: Moment): void {
    if (this.#renditions.encodes) this.#encoding.push({ picture, capturedAt, sequence });
  }

  /** A picture of an H.264 source: goes out as it is, and is decoded only if somebody needs it otherwise. */
  async #takeH264(h264: H264Packets, packet: Packet, moment: Moment): Promise<void> {
    const frame = h264.take(packet, moment);
    packet.free();
    this.#memory.took(frame?.bytes.length ?? 0);
    if (frame === null) {
      this.countDrop('corrupt');
      return;
    }
    if (h264.playable && frame.keyframe) this.#noteSize(frame);
    if (!h264.playable && this.#renditions.passthrough !== null) this.#encodeInstead();
    for (const id of this.#renditions.passthroughIds) this.#follow(h264, id, frame);
    if (!this.#ready || this.#renditions.encodes) await this.#decodeH264(h264, frame);
    else this.#decodes = false;
  }

  /** Gives a Rendition the next picture; one that begins gets those since the last keyframe. */
  #follow({ group }: H264Packets, id: number, frame: Frame): void {
    if (this.#following.has(id)) {
      this.#output.frame(id, frame);
      return;
    }
    if (group.frames.length > 0) this.#following.add(id);
    for (const each of group.frames) this.#output.frame(id, each);
  }

  /** The same for the decoder. */
  async #decodeH264({ group }: H264Packets, frame: Frame): Promise<void> {
    const decoder = this.#decoder as Decoder;

    const begins = !this.#decodes && group.frames.length > 0;
    if (begins) decoder.restart();
    this.#decodes ||= begins;
    let newest: RawFrame | null = null;
    for (const { bytes } of begins ? [...group.frames] : [frame]) {
      const picture = await decodeBytes(decoder, bytes);
      if (picture === null) continue;
      newest?.free();
      newest = picture;
    }

    const { capturedAt, sequence } = frame;
    if (newest !== null) this.#encoding.push({ picture: newest, capturedAt, sequence });
  }

  /** Browsers cannot play the source's own pictures after all. */
  #encodeInstead(): void {
    this.#renditions.passthrough = null;
    if (this.#ready) this.#report('changed');
  }

  async #encode({ picture, sequence, capturedAt }: Waiting): Promise<void> {
    const frame = Buffer.isBuffer(picture) ? await decodeBytes(this.#decoder as Decoder, picture) : picture;
    if (frame === null) {
      this.countDrop('corrupt');
      return;
    }
    try {
      if (!this.#isJpeg) this.#noteSize(frame);
      for (const { ids, ...encoded } of await this.#renditions.encode(frame, capturedAt)) {
        const made = { ...encoded, sequence, capturedAt };
        for (const id of ids) this.#output.frame(id, made);
      }
    } finally {
      frame.free();
    }
  }

  /** Tells the size of the pictures: when the first one is here, and when it changes. */
  #noteSize({ width, height }: { width: number; height: number }): void {
    const changed = width !== this.#size.width || height !== this.#size.height;
    if (this.#ready && !changed) return;
    this.#size = { width, height };
    this.#renditions.resize(this.#size);
    this.#tellPassthrough();
    this.#report(this.#ready ? 'changed' : 'ready');
    this.#ready = true;
  }

  #report(type: 'ready' | 'changed'): void {
    const video = describeVideo(this.#source, this.#size, this.#renditions.passthrough);
    this.#output.report({ type, video });
  }

  /** The codec in which the source's pictures go out as they are. */
  get #passthrough(): VideoCodec | null {
    if (this.#isJpeg) return 'jpeg';
    return this.#h264?.playable === true ? 'h264' : null;
  }

  #reportStatistics(): void {
    const { captured = 0, dropped = {} } = this.#source.passthrough?.takeCounts() ?? {};
    for (const reason of dropReasons) this.countDrop(reason, dropped[reason] ?? 0);
    this.#output.report({ type: 'stats', captured: this.#captured + captured, dropped: this.#dropped });
    this.#captured = 0;
    this.#dropped = {};
  }

  async #close(): Promise<void> {
    await this.#encoding.end();
    this.#renditions[Symbol.dispose]();
    this.#source.audio?.listen(null);
    this.#audio[Symbol.dispose]();
    this.#decoder?.[Symbol.dispose]();
    this.#h264?.[Symbol.dispose]();
    this.#reportStatistics();
  }
}

function jpegParameters(): CodecParameters {
  const parameters = new CodecParameters();
  parameters.alloc();
  parameters.codecType = AVMEDIA_TYPE_VIDEO;
  parameters.codecId = AV_CODEC_ID_MJPEG;
  return parameters;
}

async function decodeBytes(decoder: Decoder, bytes: Buffer): Promise<RawFrame | null> {
  using packet = new Packet();
  packet.alloc();
  packet.data = bytes;
  // Awaited here: the packet is freed when this function ends.
  return await decoder.decode(packet);
}

function release(picture: RawFrame | Buffer): void {
  if (!Buffer.isBuffer(picture)) picture.free();
}
