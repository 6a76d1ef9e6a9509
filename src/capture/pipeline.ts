import { AV_CODEC_ID_MJPEG } from 'node-av/constants';
import type { CodecParameters, Frame as RawFrame, Packet } from 'node-av/lib';
import { dropReasons, type DropReason, type WantedRendition } from '../domain/media/media.ts';
import { PassingMemory } from '../channel/passing-memory.ts';
import type { Frame } from '../domain/media/frame.ts';
import type { VideoCodec } from '../domain/media/rendition.ts';
import { refuseSize } from '../domain/cameras/camera-limits.ts';
import { asPortholeError, PortholeError } from '../domain/errors.ts';
import type { Size } from '../domain/media/size.ts';
import { isAudio } from '../domain/media/audio.ts';
import { Decoder, jpegParameters } from './decode/decoder.ts';
import { FrameFilter } from './decode/frame-filter.ts';
import './ffmpeg-log.ts';
import type { H264Encoders } from './encode/h264-encoders.ts';
import { H264Packets } from './h264-packets.ts';
import { jpegFrame, type JpegFrame } from '../formats/jpeg/jpeg-frame.ts';
import { LatestOnly } from './latest-only.ts';
import type { CaptureOutput } from './output.ts';
import { Rejections } from '../domain/media/rejections.ts';
import { Renditions, type WantedVideo } from './encode/renditions.ts';
import { Audio } from './audio/audio.ts';
import type { Captured, CapturedAudio, OpenSource } from './source.ts';
import { VideoReport } from './video-report.ts';

/** A frame's capture time and sequence number. */
type Stamp = Pick<Frame, 'capturedAt' | 'sequence'>;

/** A frame waiting for the encoders: raw, or a JPEG still to be decoded. */
interface Waiting extends Stamp {
  readonly frame: RawFrame | Buffer;
}

/**
 * Turns one open source into Frames. Reading never waits for encoding: frames in a codec that viewers accept are passed
 * through immediately, and the encoders take the newest frame whenever they are free.
 */
export class Pipeline {
  readonly #source: OpenSource;
  readonly #output: CaptureOutput;
  readonly #renditions: Renditions;
  readonly #encoding: LatestOnly<Waiting>;
  /** How to decode the source's packets; null if it delivers raw frames. */
  readonly #parameters: CodecParameters | null;
  readonly #isJpeg: boolean;
  /** Set for H.264 sources. */
  readonly #h264: H264Packets | null;
  /** The Renditions that have received a keyframe of the source's own H.264, and now get every frame. */
  #following = new Set<number>();
  readonly #audio: Audio;
  readonly #report: VideoReport;
  readonly #memory = new PassingMemory();
  #decoder: Decoder | null = null;
  readonly #filter = new FrameFilter();
  /** Frames that the source delivered damaged. */
  readonly #damaged = new Rejections();
  /** Frames that could not be decoded or encoded. */
  readonly #rejected = new Rejections();
  /** The capture time of the last frame that was sent, in milliseconds. */
  #sentAt = -Infinity;
  /** True while the H.264 decoder has received every frame since the last keyframe. */
  #decodes = false;
  /** The ids of the Renditions in demand. */
  #wanted: ReadonlySet<number> = new Set();
  /** Steps that use the decoder, one after the other. */
  #turn: Promise<void> = Promise.resolve();
  /** The last frame of a JPEG source. */
  #latestJpeg: Frame | null = null;
  #ended = false;
  /** True once a keyframe has arrived of a codec that is always decoded. */
  #keyed = false;
  #size: Size;
  #sequence = 0;
  #captured = 0;
  #dropped: Partial<Record<DropReason, number>> = {};
  /** True once a frame has been seen. */
  #ready = false;

  constructor(source: OpenSource, output: CaptureOutput, h264: H264Encoders) {
    this.#source = source;
    this.#output = output;
    this.#size = source.video;
    this.#parameters = source.passthrough === undefined ? source.codecParameters : jpegParameters();
    this.#isJpeg = this.#parameters?.codecId === AV_CODEC_ID_MJPEG;
    this.#h264 = this.#parameters === null || source.encodesAll === true ? null : H264Packets.open(this.#parameters);
    this.#renditions = new Renditions(source.video, this.#passthrough, h264);
    this.#audio = new Audio(output);
    this.#report = new VideoReport({ source, output, renditions: this.#renditions, audio: this.#audio });
    this.#encoding = new LatestOnly(
      (waiting) => this.#encode(waiting),
      ({ frame }) => {
        if (!Buffer.isBuffer(frame)) frame.free();
        this.countDrop('encoder');
      },
    );
  }

  // Demand.

  /** Sets the Renditions in demand. May be called at any time. */
  want(renditions: readonly WantedRendition[]): void {
    this.#renditions.want(renditions.filter((each): each is WantedVideo => !isAudio(each.codec)));
    const listens = this.#audio.want(renditions) || !this.#report.isAudioKnown;
    this.#source.audio?.listen(listens ? (packet) => this.#takeAudio(packet) : null);
    this.#following = this.#following.intersection(new Set(renditions.map(({ id }) => id)));
    if (!this.#renditions.encodes) this.#accept();
    this.#updatePassthrough();
    const ids = new Set(renditions.map(({ id }) => id));
    const fresh = ids.difference(this.#wanted);
    this.#wanted = ids;
    // A failure ends the pipeline with its next frame.
    if (fresh.size > 0) this.#inTurn(() => this.#catchUp(fresh)).catch(() => undefined);
  }

  /** Runs a step that uses the decoder after those before. */
  #inTurn(step: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(step);
    return this.#turn;
  }

  /** Sends new Renditions the latest frame: the next one of a slow camera may be many seconds away. */
  async #catchUp(fresh: ReadonlySet<number>): Promise<void> {
    if (!this.#ready || this.#decoder === null || this.#ended) return;
    const jpeg = this.#latestJpeg;
    const passed = this.#renditions.passthroughIds.filter((id) => fresh.has(id));
    if (jpeg !== null) {
      for (const id of passed) this.#send(id, jpeg);
      if (passed.length < fresh.size) this.#encodeJpeg(jpeg.bytes, jpeg);
    }
    const latest = this.#h264?.gop.frames.at(-1);
    if (this.#h264 === null || latest === undefined) return;
    for (const id of passed) if (!this.#following.has(id)) this.#sendH264(this.#h264, id, latest);
    if (this.#renditions.encodes && !this.#decodes) await this.#decodeH264(this.#h264, latest);
  }

  /** Passes the current demand to a source that sends its own frames. */
  #updatePassthrough(): void {
    const { passthrough } = this.#source;
    const { passthroughIds: ids, encodes: encode } = this.#renditions;
    if (passthrough !== undefined) passthrough.demand = { ids, encode };
  }

  /** Makes the next frame of an encoded Rendition a keyframe, or the first one that the keyframe policy allows. */
  requestKeyframe(rendition: number): void {
    this.#renditions.requestKeyframe(rendition);
  }

  // Reading.

  /**
   * Reads frames until the source fails.
   *
   * @param options `ready` is true if the server has been told of the first frame already; `reading` is a read that is
   *   already pending
   * @throws {PortholeError} the reason for the failure.
   */
  async run({ ready = false, reading }: { ready?: boolean; reading?: Promise<Captured> } = {}): Promise<never> {
    this.#ready = ready;
    if (ready) this.#report.skipReady();
    const parameters = this.#h264?.parameters ?? this.#parameters;
    if (parameters !== null) this.#decoder = await Decoder.open(parameters);
    const stats = setInterval(() => this.#reportStats(), 1_000);
    try {
      for (let next = reading ?? this.#source.read(); ; next = this.#source.read()) {
        const captured = await next;
        await this.#inTurn(() => this.#take(captured));
        if (this.#encoding.error !== null) throw this.#encoding.error;
      }
    } finally {
      clearInterval(stats);
      await this.#close();
    }
  }

  /** Counts frames that did not reach the server. */
  countDrop(reason: DropReason, count = 1): void {
    if (count > 0) this.#dropped[reason] = (this.#dropped[reason] ?? 0) + count;
  }

  async #take(captured: Captured): Promise<void> {
    if (captured.kind === 'jpeg') {
      this.#checkSize(captured.frame);
      // The source itself has counted the frame and sent it to passthrough Renditions.
      this.#noteSize(captured.frame);
      if (this.#renditions.passthroughIds.length > 0) this.#sentAt = captured.frame.capturedAt;
      this.#encodeJpeg(captured.frame.bytes, captured.frame);
      return;
    }
    this.#captured += 1;
    this.#sequence = (captured.kind === 'packet' ? captured.sequence : undefined) ?? this.#sequence + 1;
    const stamp = { capturedAt: captured.capturedAt, sequence: this.#sequence };
    if (captured.kind === 'frame') this.#encoding.push({ frame: captured.frame, ...stamp });
    else if (this.#h264 !== null) await this.#takeH264(this.#h264, captured.packet, stamp);
    else if (this.#source.intraOnly) this.#takeIntra(captured.packet, stamp);
    else {
      // Before the first keyframe nothing can be decoded.
      this.#keyed ||= captured.packet.isKeyframe;
      // Later frames refer to this one, so it must be decoded even if no encoder takes it.
      const { frame, error } = await (this.#decoder as Decoder).decode(captured.packet);
      captured.packet.free();
      if (captured.isPast === true) frame?.free();
      else if (frame !== null) this.#encoding.push({ frame, ...stamp });
      else if (error !== null && this.#keyed) this.#rejectDropped(this.#rejected, stamp, error);
    }
  }

  /**
   * Takes a frame that can be decoded independently. Its packet is freed at once: a driver has few buffers and needs
   * each back before it can capture the next frame.
   */
  #takeIntra(packet: Packet, stamp: Stamp): void {
    const data = packet.data ?? Buffer.alloc(0); // a copy made by node-av
    packet.free();
    this.#memory.took(data.length);
    if (!this.#isJpeg) {
      this.#encoding.push({ frame: data, ...stamp });
      return;
    }
    const jpeg = jpegFrame(data);
    if (jpeg === null) {
      this.#rejectDropped(this.#damaged, stamp, damaged('a JPEG was cut short'));
      return;
    }
    this.#checkSize(jpeg);
    this.#damaged.clear();
    this.#noteSize(jpeg);
    this.#latestJpeg = { ...jpeg, ...stamp, keyframe: true };
    this.#sendJpeg(jpeg, stamp);
    this.#encodeJpeg(jpeg.bytes, stamp);
  }

  #sendJpeg(jpeg: JpegFrame, stamp: Stamp): void {
    const ids = this.#renditions.passthroughIds;
    if (ids.length === 0) return;
    const frame = { ...jpeg, ...stamp, keyframe: true };
    for (const id of ids) this.#send(id, frame);
  }

  #encodeJpeg(frame: Buffer, { capturedAt, sequence }: Stamp): void {
    if (this.#renditions.encodes) this.#encoding.push({ frame, capturedAt, sequence });
  }

  // H.264.

  /** Takes a frame of an H.264 source: passes it through, and decodes it only if some Rendition has to be encoded. */
  async #takeH264(h264: H264Packets, packet: Packet, stamp: Stamp): Promise<void> {
    const frame = h264.take(packet, stamp);
    packet.free();
    if (frame === null) return;
    if (frame === 'damaged') {
      this.#rejectDropped(this.#damaged, stamp, damaged('a packet was not H.264'));
      return;
    }
    this.#checkSize(frame);
    this.#memory.took(frame.bytes.length);
    this.#damaged.clear();
    if (h264.playable && frame.keyframe) this.#noteSize(frame);
    if (!h264.playable && this.#renditions.passthrough !== null) this.#stopPassthrough();
    for (const id of this.#renditions.passthroughIds) this.#sendH264(h264, id, frame);
    if (!this.#ready || this.#renditions.encodes) await this.#decodeH264(h264, frame);
    else this.#decodes = false;
  }

  /** Sends a Rendition the latest frame; a new Rendition first gets the whole GOP up to it. */
  #sendH264({ gop }: H264Packets, id: number, frame: Frame): void {
    if (this.#following.has(id)) {
      this.#send(id, frame);
      return;
    }
    if (gop.frames.length > 0) this.#following.add(id);
    for (const each of gop.frames) this.#send(id, each);
  }

  /** Decodes the latest frame; a decoder that was idle first gets the whole GOP up to it. */
  async #decodeH264({ gop }: H264Packets, frame: Frame): Promise<void> {
    const decoder = this.#decoder as Decoder;

    const begins = !this.#decodes && gop.frames.length > 0;
    if (begins) decoder.restart();
    this.#decodes ||= begins;
    let newest: RawFrame | null = null;
    let problem: PortholeError | null = null;
    for (const { bytes } of begins ? [...gop.frames] : [frame]) {
      const { frame: raw, error } = await decoder.decodeBytes(bytes);
      problem = error;
      if (raw === null) continue;
      newest?.free();
      newest = raw;
    }

    const { capturedAt, sequence } = frame;
    if (newest !== null) this.#encoding.push({ frame: newest, capturedAt, sequence });
    // Before the first keyframe nothing can be decoded.
    else if (problem !== null && this.#decodes) this.#rejectDropped(this.#rejected, frame, problem);
  }

  /** Encodes from now on, because browsers cannot play the source's own H.264 after all. */
  #stopPassthrough(): void {
    this.#renditions.passthrough = null;
    this.#report.changed();
  }

  // Encoding.

  async #encode({ frame, sequence, capturedAt }: Waiting): Promise<void> {
    const raw = await this.#rawFrame(frame, capturedAt);
    if (raw === null) return;
    try {
      if (!this.#isJpeg) this.#noteSize(raw);
      const { frames, problem } = await this.#renditions.encode(raw, capturedAt);
      for (const { ids, ...encoded } of frames) {
        const made = { ...encoded, sequence, capturedAt };
        for (const id of ids) this.#send(id, made);
      }
      if (problem === null) this.#accept();
      else this.#reject(this.#rejected, { capturedAt }, problem);
    } finally {
      raw.free();
    }
  }

  /** Decodes a JPEG, and makes the frame progressive and upright. @returns null if that is not possible */
  async #rawFrame(frame: RawFrame | Buffer, capturedAt: number): Promise<RawFrame | null> {
    const decoded = Buffer.isBuffer(frame)
      ? await (this.#decoder as Decoder).decodeBytes(frame)
      : { frame, error: null };
    if (decoded.frame === null) {
      this.#rejectDropped(this.#rejected, { capturedAt }, decoded.error ?? damaged('a JPEG contained no image'));
      return null;
    }
    try {
      return await this.#filter.apply(decoded.frame);
    } catch (error) {
      this.#reject(this.#rejected, { capturedAt }, asPortholeError(error));
      return null;
    }
  }

  // Shared by the above.

  /** Refuses frames before they are decoded or sent. @throws {PortholeError} `source_beyond_limits` */
  #checkSize(size: Size): void {
    const refusal = refuseSize(size);
    if (refusal !== null) throw refusal;
  }

  #send(id: number, frame: Frame): void {
    this.#sentAt = frame.capturedAt;
    this.#output.frame(id, frame);
  }

  #rejectDropped(rejections: Rejections, stamp: Pick<Stamp, 'capturedAt'>, problem: PortholeError): void {
    this.countDrop('corrupt');
    this.#reject(rejections, stamp, problem);
  }

  /**
   * Notes an unusable frame. If all have been unusable for a while, viewers learn the reason: the capture fails, or the
   * camera gets a warning if some Renditions still get frames.
   */
  #reject(rejections: Rejections, { capturedAt }: Pick<Stamp, 'capturedAt'>, problem: PortholeError): void {
    if (!rejections.add(capturedAt)) return;
    if (this.#sentAt < rejections.since) throw problem;
    this.#report.warn(problem.sentence ?? problem.message);
  }

  /** Notes that a frame could be encoded for all Renditions. */
  #accept(): void {
    this.#rejected.clear();
    this.#report.warn(null);
  }

  /** Reports the size of the first frame, and every later change of size. */
  #noteSize({ width, height }: Size): void {
    const changed = width !== this.#size.width || height !== this.#size.height;
    if (this.#ready && !changed) return;
    this.#size = { width, height };
    this.#renditions.resize(this.#size);
    this.#updatePassthrough();
    this.#report.resized(this.#size);
    this.#ready = true;
  }

  #takeAudio(packet: CapturedAudio): void {
    const wasKnown = this.#report.isAudioKnown;
    this.#audio.take(packet);
    if (!wasKnown && this.#report.isAudioKnown) this.#report.audioHeard();
  }

  /** The codec in which the source's own frames can be passed through; null if every frame has to be encoded. */
  get #passthrough(): VideoCodec | null {
    if (this.#source.encodesAll === true) return null;
    if (this.#isJpeg) return 'jpeg';
    return this.#h264?.playable === true ? 'h264' : null;
  }

  #reportStats(): void {
    const { captured = 0, dropped = {} } = this.#source.passthrough?.takeCounts() ?? {};
    for (const reason of dropReasons) this.countDrop(reason, dropped[reason] ?? 0);
    this.#output.report({ type: 'stats', captured: this.#captured + captured, dropped: this.#dropped });
    this.#captured = 0;
    this.#dropped = {};
  }

  async #close(): Promise<void> {
    this.#ended = true;
    await this.#turn.catch(() => undefined);
    this.#report[Symbol.dispose]();
    await this.#encoding.end();
    this.#renditions[Symbol.dispose]();
    this.#source.audio?.listen(null);
    this.#audio[Symbol.dispose]();
    this.#filter[Symbol.dispose]();
    this.#decoder?.[Symbol.dispose]();
    this.#h264?.[Symbol.dispose]();
    this.#reportStats();
  }
}

function damaged(detail: string): PortholeError {
  return new PortholeError('video_damaged', { detail });
}
