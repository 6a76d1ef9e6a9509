import { AV_CODEC_ID_H264, AV_NOPTS_VALUE, AV_PKT_DATA_DISPLAYMATRIX } from 'node-av/constants';
import { BitStreamFilter, BitStreamFilterContext } from 'node-av/lib';
import type { CodecParameters, Packet } from 'node-av/lib';
import type { Frame } from '../domain/media/frame.ts';
import { Gop } from '../domain/media/gop.ts';
import type { Size } from '../domain/media/size.ts';
import { turnsOf } from './decode/display-matrix.ts';
import { displayOrientationOf } from '../formats/h264/display-orientation.ts';
import {
  annexB,
  hasSlice,
  isKeyframe,
  isPlayable,
  mostWithoutKeyframe,
  nalType,
  nalUnits,
  parameterSetsOf,
  readSequence,
  sameParameterSets,
  withParameterSets,
  type NalUnit,
  type ParameterSets,
} from '../formats/h264/h264.ts';

/** Frames are reordered by at most this many places (ITU-T H.264, A.3.1, MaxDpbFrames). */
const furthestReorder = 16n;

/**
 * Turns the packets of an H.264 source into Frames without decoding them: access units in Annex B format (ITU-T H.264),
 * each keyframe with its parameter sets.
 */
export class H264Packets implements Disposable {
  readonly #filter: BitStreamFilterContext;
  /** The frames since the last keyframe, for viewers and decoders that start in the middle of a GOP. */
  readonly gop = new Gop();
  #sets: ParameterSets | null = null;
  #size: Size;
  #playable = true;
  /** The orientation of the frames that follow, if they must be turned: FFmpeg turns only the frame that has it. */
  #turn: Buffer | null = null;
  #lastPts: bigint = AV_NOPTS_VALUE;
  /** The time between two frames, in the time base of the source. */
  #step = 0n;
  #sinceKeyframe = 0;

  private constructor(filter: BitStreamFilterContext, parameters: CodecParameters) {
    this.#filter = filter;
    this.#size = { width: parameters.width, height: parameters.height };
    if (parameters.videoDelay > 0 || isTurned(parameters)) this.#playable = false;
    const extra = filter.outputCodecParameters?.extradata;
    if (extra != null) this.#noteSets(nalUnits(extra));
  }

  /** @returns null for any other codec, and for H.264 parameters that FFmpeg rejects */
  static open(parameters: CodecParameters): H264Packets | null {
    if (parameters.codecId !== AV_CODEC_ID_H264) return null;
    // Converts the length prefixes of MP4 and similar containers; packets that have start codes already are not
    // changed.
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

  /** How to decode {@link Frame.bytes}. */
  get parameters(): CodecParameters | null {
    return this.#filter.outputCodecParameters;
  }

  /**
   * False if browsers cannot play the stream: it has an unsupported profile, may be interlaced (which hardware decoders
   * reject, and nothing deinterlaces), must be turned, reorders frames (which adds delay, and which WebRTC does not
   * allow), or sends no keyframes. Once false, it stays false.
   */
  get playable(): boolean {
    return this.#playable;
  }

  /**
   * Converts the next packet, whose data it consumes.
   *
   * @returns null if the packet holds no frame, such as one with parameter sets alone
   */
  take(packet: Packet, moment: Pick<Frame, 'sequence' | 'capturedAt'>): Frame | 'damaged' | null {
    this.#noteOrder(packet.pts);
    if (this.#filter.sendPacketSync(packet) < 0 || this.#filter.receivePacketSync(packet) < 0) return 'damaged';
    const data = packet.data; // a copy made by node-av
    if (data === null) return 'damaged';
    const units = nalUnits(data);
    this.#noteSets(units);
    if (units.length === 0) return 'damaged';
    if (!hasSlice(units)) return null;
    const keyframe = isKeyframe(units);
    this.#sinceKeyframe = keyframe ? 0 : this.#sinceKeyframe + 1;
    if (this.#sinceKeyframe > mostWithoutKeyframe) this.#playable = false;
    const complete = keyframe && this.#sets !== null ? withParameterSets(data, units, this.#sets) : data;
    const bytes = this.#withOrientation(complete, units);
    const frame = { bytes, ...moment, keyframe, ...this.#size };
    this.gop.add(frame);
    return frame;
  }

  #noteSets(units: readonly NalUnit[]): void {
    const sets = parameterSetsOf([...unitsOf(this.#sets), ...units]);
    const facts = sets === null ? null : readSequence(sets.sps);
    if (sets === null || facts === null) return;
    if (this.#sets !== null && sameParameterSets(this.#sets, sets)) return;
    this.#sets = { sps: Buffer.from(sets.sps), pps: Buffer.from(sets.pps) };
    this.#size = { width: facts.width, height: facts.height };
    if (!isPlayable(facts)) this.#playable = false;
  }

  /** Repeats the orientation of an earlier frame, which some writers leave out at keyframes. */
  #withOrientation(bytes: Buffer, units: readonly NalUnit[]): Buffer {
    const own = displayOrientationOf(units);
    if (own?.isTurned === true) this.#playable = false;
    if (own === null) return this.#turn === null ? bytes : Buffer.concat([this.#turn, bytes]);
    this.#turn = own.isTurned && own.persists ? annexB([own.unit.bytes]) : null;
    return bytes;
  }

  #noteOrder(pts: bigint): void {
    if (pts === AV_NOPTS_VALUE) return;
    const step = this.#lastPts === AV_NOPTS_VALUE ? 0n : pts - this.#lastPts;
    // A large step back is a file that starts over, or a camera whose clock was set.
    if (step < 0n && -step < this.#step * furthestReorder) this.#playable = false;
    if (step > 0n) this.#step = step;
    this.#lastPts = pts;
  }

  [Symbol.dispose](): void {
    this.#filter.free();
  }
}

/** Parameter sets as NAL units: some cameras change only one of the two. */
function unitsOf(sets: ParameterSets | null): readonly NalUnit[] {
  if (sets === null) return [];
  return [
    { type: nalType.sps, bytes: sets.sps },
    { type: nalType.pps, bytes: sets.pps },
  ];
}

/** True if the container says that the frames must be turned or mirrored, as phones do. */
function isTurned(parameters: CodecParameters): boolean {
  const matrix = parameters.getCodedSideData(AV_PKT_DATA_DISPLAYMATRIX);
  return matrix !== null && turnsOf(matrix).length > 0;
}
