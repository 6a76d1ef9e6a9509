import { nalType, nalUnits, readSequence, type ParameterSets } from '../h264/h264.ts';
import type { AudioCodec } from '../../domain/media/audio.ts';
import { box, full, movie, track, u16, u32, zeros } from './boxes.ts';
import { audioTrack, audioTrackId } from './audio.ts';

/**
 * Fragmented MP4 with an H.264 track: the ISO base media file format (numbers in parentheses are sections of
 * ISO/IEC 14496-12) with AVC (ISO/IEC 14496-15). The initialisation segment configures the decoder. Each frame is one
 * fragment, a `moof` and an `mdat`, so that no frame waits for the next one.
 */

/** Ticks per second of the track's clock. */
export const timescale = 90_000;

const trackId = 1;

/**
 * NAL units that are left out of samples. Parameter sets stay in, although those of `avc1` belong into `avcC` alone
 * (14496-15, 5.3.2): FFmpeg and VLC read only the first initialisation segment of a stream, and need the later sets in
 * the samples. FFmpeg's own muxer leaves them in as well.
 */
const outside: ReadonlySet<number> = new Set([nalType.delimiter, nalType.filler]);

/** Profiles whose `avcC` ends with chroma format and bit depths (14496-15, 5.3.3.1.2). */
const extendedProfiles: ReadonlySet<number> = new Set([100, 110, 122, 144]);

/** Where the sample of a frame stands in the track. */
export interface Sample {
  /** The fragment's sequence number, from 1. */
  readonly number: number;
  /** Decoding and presentation time, in ticks since the start of the track. */
  readonly start: number;
  /** Ticks. */
  readonly duration: number;
  /** True if decoding can begin here. */
  readonly keyframe: boolean;
}

/** Options of an initialisation segment. */
export interface InitOptions {
  /** Adds an audio track of this codec. */
  readonly audio?: AudioCodec | undefined;
  /** How long a frame usually lasts, in ticks; not for Media Source Extensions. */
  readonly frameDuration?: number | undefined;
}

/**
 * The initialisation segment (8.2): `ftyp` and a `moov` without samples.
 *
 * @returns null if the parameter sets can't be parsed.
 */
export function initSegment({ sps, pps }: ParameterSets, options: InitOptions = {}): Buffer | null {
  const { audio, frameDuration } = options;
  const facts = readSequence(sps);
  if (facts === null) return null;
  const { width, height } = facts;
  const extension = extendedProfiles.has(facts.profile)
    ? [0xfc | facts.chromaFormat, 0xf8 | (facts.bitDepth - 8), 0xf8 | (facts.bitDepth - 8), 0]
    : [];
  const avcC = box(
    'avcC',
    [1, facts.profile, facts.constraints, facts.level, 0xff, 0xe1],
    u16(sps.length),
    sps,
    [1],
    u16(pps.length),
    pps,
    extension,
  );
  const avc1 = box(
    'avc1',
    [0, 0, 0, 0, 0, 0, ...u16(1)], // data_reference_index
    zeros(16),
    u16(width),
    u16(height),
    u32(0x480000), // 72 dpi, horizontal and vertical
    u32(0x480000),
    zeros(4),
    u16(1), // frame_count
    zeros(32), // compressorname
    u16(24), // depth
    [0xff, 0xff],
    avcC,
  );
  const tracks = new Map([
    [trackId, track({ id: trackId, timescale, size: facts, entry: avc1, sampleDuration: frameDuration })],
  ]);
  if (audio !== undefined) tracks.set(audioTrackId, audioTrack(audio));
  return movie(timescale, tracks);
}

/**
 * A template of the `moof` (8.8), 100 bytes, in which only five numbers differ between frames: `mfhd`, `tfhd` with
 * default-base-is-moof, `tfdt` of version 1, and a `trun` with one sample.
 */
const moof = box(
  'moof',
  full('mfhd', 0, 0, u32(0)),
  box(
    'traf',
    full('tfhd', 0, 0x020000, u32(trackId)),
    full('tfdt', 1, 0, zeros(8)),
    full('trun', 0, 0x000701, u32(1), u32(0), u32(0), u32(0), u32(0)),
  ),
);
const at = { number: 20, start: 60, offset: 84, duration: 88, size: 92, flags: 96 } as const;
const mdatHeader = 8;
moof.writeUInt32BE(moof.length + mdatHeader, at.offset);

/** `sample_flags` (8.8.3.1): depends on no other sample; or depends on others and isn't a sync sample. */
const keyframeFlags = 0x02000000;
const otherFlags = 0x01010000;

/** The length of a fragment in bytes, and the NAL units of its sample. */
export interface FragmentPlan {
  readonly length: number;
  readonly units: readonly Buffer[];
}

/**
 * Measures a fragment, so that the caller can allocate it together with what surrounds it.
 *
 * @param accessUnit the frame in Annex B
 */
export function planFragment(accessUnit: Buffer): FragmentPlan {
  const units = nalUnits(accessUnit).flatMap(({ type, bytes }) => (outside.has(type) ? [] : [bytes]));
  return { units, length: units.reduce((sum, { length }) => sum + 4 + length, moof.length + mdatHeader) };
}

/** Writes a fragment into `target` at `offset`. */
export function writeFragment(target: Buffer, offset: number, sample: Sample, { units, length }: FragmentPlan): void {
  moof.copy(target, offset);
  const size = length - moof.length - mdatHeader;
  target.writeUInt32BE(sample.number >>> 0, offset + at.number);
  target.writeBigUInt64BE(BigInt(sample.start), offset + at.start);
  target.writeUInt32BE(sample.duration, offset + at.duration);
  target.writeUInt32BE(size, offset + at.size);
  target.writeUInt32BE(sample.keyframe ? keyframeFlags : otherFlags, offset + at.flags);
  let to = offset + moof.length;
  target.writeUInt32BE(size + mdatHeader, to);
  target.write('mdat', to + 4, 'latin1');
  to += mdatHeader;
  for (const unit of units) {
    target.writeUInt32BE(unit.length, to);
    unit.copy(target, to + 4);
    to += 4 + unit.length;
  }
}

/** The fragment of a frame, in new memory. */
export function fragment(sample: Sample, plan: FragmentPlan): Buffer {
  const bytes = Buffer.allocUnsafeSlow(plan.length);
  writeFragment(bytes, 0, sample, plan);
  return bytes;
}
