import { AV_CODEC_ID_H264, AV_NOPTS_VALUE } from 'node-av/constants';
import { BitStreamFilter, BitStreamFilterContext } from 'node-av/lib';
import type { CodecParameters, Packet } from 'node-av/lib';
import type { Frame } from '../domain/frame.ts';
import {
  isKeyframe,
  nalUnits,
  parameterSetsOf,
  readSequence,
  withParameterSets,
  type NalUnit,
  type ParameterSets,
} from '../formats/h264/h264.ts';
import { Gop } from '../domain/gop.ts';

/** Without a keyframe for so many pictures a source is taken to have none. */
const mostWithoutKeyframe = 1_500;

/** A picture is sent at most so many pictures before its turn (A.3.1, MaxDpbFrames). */
const furthestReorder = 16n;

/** The profiles that browsers play (`profile_idc`): baseline, main and high. */
const playableProfiles = new Set([66, 77, 100]);

/** An H.264 source's own packets as Frames: access units in Annex B, each keyframe with its parameter sets. */
export class H264Packets implements Disposable {
  readonly #filter: BitStreamFilterContext;
  /** The pictures since the last keyframe, for whoever begins to watch or to decode in between. */
  readonly group = new Gop();
  #sets: ParameterSets | null = null;
  #size: { readonly width: number; readonly height: number };
  #playable = true;
  #lastPts: bigint = AV_NOPTS_VALUE;
  /** The time from one picture to the next, in the source's own unit. */
  #step = 0n;
  #sinceKeyframe = 0;

  private constructor(filter: BitStreamFilterContext, parameters: CodecParameters) {
    this.#filter = filter;
    this.#size = { width: parameters.width, height: parameters.height };
    if (parameters.videoDelay > 0) this.#playable = false;
    const extra = filter.outputCodecParameters?.extradata;
    if (extra != null) this.#noteSets(nalUnits(extra));
  }

  /** @returns null for another codec. */
  static open(parameters: CodecParameters): H264Packets | null {
    if (parameters.codecId !== AV_CODEC_ID_H264) return null;
    // Packets with start codes pass through it as they are; those of MP4 and its like get some.
    const annexBFilter = BitStreamFilter.getByName('h264_mp4toannexb');
    if (annexBFilter === null) throw new Error('FFmpeg was built without h264_mp4toannexb');
    const filter = new BitStreamFilterContext();
    const code = filter.alloc(annexBFilter);
    if (code < 0 || filter.inputCodecParameters === null) throw new Error(`h264_mp4toannexb: ${code}`);
    parameters.copy(filter.inputCodecParameters);
    if (filter.init() < 0) {
      filter.free();
      return null;
    }
    return new H264Packets(filter, parameters);
  }

  /** How to decode the frames. */
  get parameters(): CodecParameters | null {
    return this.#filter.outputCodecParameters;
  }

  /**
   * False once it has shown that browsers cannot play it as it is: another profile than theirs, pictures that are not
   * sent in the order in which they are shown (they would come late, and WebRTC has no such thing), or no keyframes.
   */
  get playable(): boolean {
    return this.#playable;
  }

  /** Takes the next packet, which it empties. @returns null if it holds no picture. */
  take(packet: Packet, moment: Pick<Frame, 'sequence' | 'capturedAt'>): Frame | null {
    this.#noteOrder(packet.pts);
    if (this.#filter.sendPacketSync(packet) < 0 || this.#filter.receivePacketSync(packet) < 0) return null;
    const data = packet.data; // a copy, made by node-av
    if (data === null) return null;
    const units = nalUnits(data);
    this.#noteSets(units);
    const keyframe = isKeyframe(units);
    this.#sinceKeyframe = keyframe ? 0 : this.#sinceKeyframe + 1;
    if (this.#sinceKeyframe > mostWithoutKeyframe) this.#playable = false;
    const bytes = keyframe && this.#sets !== null ? withParameterSets(data, units, this.#sets) : data;
    const frame = { bytes, ...moment, keyframe, ...this.#size };
    this.group.add(frame);
    return frame;
  }

  #noteSets(units: readonly NalUnit[]): void {
    const sets = parameterSetsOf(units);
    const facts = sets === null ? null : readSequence(sets.sps);
    if (sets === null || facts === null) return;
    this.#sets = { sps: Buffer.from(sets.sps), pps: Buffer.from(sets.pps) };
    this.#size = { width: facts.width, height: facts.height };
    if (!playableProfiles.has(facts.profile) || facts.chromaFormat !== 1 || facts.bitDepth !== 8) {
      this.#playable = false;
    }
  }

  #noteOrder(pts: bigint): void {
    if (pts === AV_NOPTS_VALUE) return;
    const step = this.#lastPts === AV_NOPTS_VALUE ? 0n : pts - this.#lastPts;
    // A long way back is a file that begins again, or a camera whose clock was set.
    if (step < 0n && -step < this.#step * furthestReorder) this.#playable = false;
    if (step > 0n) this.#step = step;
    this.#lastPts = pts;
  }

  [Symbol.dispose](): void {
    this.#filter.free();
  }
}
