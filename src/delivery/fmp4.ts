import { nalType, nalUnits, readSequence, type ParameterSets } from '../domain/h264.ts';

/**
 * The bytes of fragmented MP4 with one H.264 track: the ISO base media file format (ISO/IEC 14496-12, whose sections are
 * named below) with AVC in it (ISO/IEC 14496-15). An initialisation segment says how to decode; then each picture is one
 * fragment, a `moof` and an `mdat`, so that no picture waits for the next one.
 */

/** Ticks of the track's clock in a second. */
export const timescale = 90_000;

const trackId = 1;

/** No turning and no scaling (8.2.2.1). */
const matrix = Buffer.from([0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000].flatMap(u32));

/** NAL units that have no place in a sample of `avc1`: parameter sets stand in `avcC` (14496-15, 5.3.2). */
const outside: ReadonlySet<number> = new Set([nalType.sps, nalType.pps, nalType.delimiter, nalType.filler]);

/** Profiles whose `avcC` ends with chroma format and bit depths (14496-15, 5.3.3.1.2). */
const extendedProfiles: ReadonlySet<number> = new Set([100, 110, 122, 144]);

/** A picture as a sample of the track. */
export interface Sample {
  /** Counts the fragments, from 1. */
  readonly number: number;
  /** When it is decoded and shown, in ticks since the track's beginning. */
  readonly start: number;
  /** Ticks. */
  readonly duration: number;
  /** True if decoding can begin here. */
  readonly keyframe: boolean;
  /** The access unit in Annex B. */
  readonly accessUnit: Buffer;
}

/**
 * The initialisation segment (8.2): `ftyp` and a `moov` without samples.
 *
 * @returns null if the parameter sets cannot be read.
 */
export function initSegment({ sps, pps }: ParameterSets): Buffer | null {
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
    u32(0x480000), // 72 dpi, both ways
    u32(0x480000),
    zeros(4),
    u16(1), // frame_count
    zeros(32), // compressorname
    u16(24), // depth
    [0xff, 0xff],
    avcC,
  );
  const tables = box(
    'stbl',
    full('stsd', 0, 0, u32(1), avc1),
    full('stts', 0, 0, u32(0)),
    full('stsc', 0, 0, u32(0)),
    full('stsz', 0, 0, u32(0), u32(0)),
    full('stco', 0, 0, u32(0)),
  );
  const media = box(
    'mdia',
    full('mdhd', 0, 0, zeros(8), u32(timescale), u32(0), u16(0x55c4), zeros(2)), // language: und
    full('hdlr', 0, 0, zeros(4), text('vide'), zeros(12), text('Porthole\0')),
    box(
      'minf',
      full('vmhd', 0, 1, zeros(8)),
      box('dinf', full('dref', 0, 0, u32(1), full('url ', 0, 1))), // the samples are in this file
      tables,
    ),
  );
  const track = box(
    'trak',
    // Enabled, in the movie, in the preview.
    full('tkhd', 0, 7, zeros(8), u32(trackId), zeros(4 + 4 + 8 + 8), matrix, u32(width << 16), u32(height << 16)),
    media,
  );
  return Buffer.concat([
    box('ftyp', text('iso5'), u32(512), text('iso5iso6mp41avc1')),
    box(
      'moov',
      full(
        'mvhd',
        0,
        0,
        zeros(8),
        u32(timescale),
        u32(0),
        u32(0x10000),
        u16(0x100),
        zeros(10),
        matrix,
        zeros(24),
        u32(trackId + 1),
      ),
      track,
      box('mvex', full('trex', 0, 0, u32(trackId), u32(1), zeros(12))),
    ),
  ]);
}

/**
 * One `moof` (8.8) of 100 bytes, in which only five numbers differ from picture to picture: `mfhd`, `tfhd` whose data
 * follows the `moof` (default-base-is-moof), `tfdt` of version 1, and a `trun` with one sample.
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

/** `sample_flags` (8.8.3.1): depends on no other, or on others and is no place to begin. */
const keyframeFlags = 0x02000000;
const otherFlags = 0x01010000;

/** The length of what {@link writeFragment} writes, in bytes, and the NAL units that it will. */
export interface FragmentPlan {
  readonly length: number;
  readonly units: readonly Buffer[];
}

/** Measures a picture's fragment, so that the caller can allocate once for it and what goes around it. */
export function planFragment(accessUnit: Buffer): FragmentPlan {
  const units = nalUnits(accessUnit).flatMap(({ type, bytes }) => (outside.has(type) ? [] : [bytes]));
  return { units, length: units.reduce((sum, { length }) => sum + 4 + length, moof.length + mdatHeader) };
}

/** Writes a picture's fragment into `target` at `offset`. */
export function writeFragment(
  target: Buffer,
  offset: number,
  sample: Omit<Sample, 'accessUnit'>,
  { units, length }: FragmentPlan,
): void {
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

/** A picture's fragment. */
export function fragment({ accessUnit, ...sample }: Sample): Buffer {
  const plan = planFragment(accessUnit);
  const bytes = Buffer.allocUnsafeSlow(plan.length);
  writeFragment(bytes, 0, sample, plan);
  return bytes;
}

type Bytes = Buffer | readonly number[];

/** A box (4.2): its length, its type, what is in it. */
function box(type: string, ...content: readonly Bytes[]): Buffer {
  const parts = content.map((each) => Buffer.from(each as Buffer));
  const length = parts.reduce((sum, part) => sum + part.length, 8);
  return Buffer.concat([Buffer.from(u32(length)), text(type), ...parts], length);
}

/** A box with version and flags. */
function full(type: string, version: number, flags: number, ...content: readonly Bytes[]): Buffer {
  return box(type, u32(version * 2 ** 24 + flags), ...content);
}

function u16(value: number): readonly number[] {
  return [value >>> 8, value & 0xff];
}

function u32(value: number): readonly number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

function zeros(count: number): Buffer {
  return Buffer.alloc(count);
}

function text(value: string): Buffer {
  return Buffer.from(value, 'latin1');
}
