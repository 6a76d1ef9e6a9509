/**
 * Boxes of the ISO base media file format, and the parts of an initialisation segment that all codecs share. Numbers in
 * parentheses are sections of ISO/IEC 14496-12.
 */

/** Content of a box. */
export type Bytes = Buffer | readonly number[];

/** A box (4.2): length, type, content. */
export function box(type: string, ...content: readonly Bytes[]): Buffer {
  const parts = content.map((each) => Buffer.from(each as Buffer));
  const length = parts.reduce((sum, part) => sum + part.length, 8);
  return Buffer.concat([Buffer.from(u32(length)), text(type), ...parts], length);
}

/** A full box: a box with version and flags. */
export function full(type: string, version: number, flags: number, ...content: readonly Bytes[]): Buffer {
  return box(type, u32(version * 2 ** 24 + flags), ...content);
}

/** A 16-bit number, big-endian. */
export function u16(value: number): readonly number[] {
  return [value >>> 8, value & 0xff];
}

/** A 32-bit number, big-endian. */
export function u32(value: number): readonly number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

export function zeros(count: number): Buffer {
  return Buffer.alloc(count);
}

export function text(value: string): Buffer {
  return Buffer.from(value, 'latin1');
}

/** The identity matrix: no rotation, no scaling (8.2.2.1). */
const matrix = Buffer.from([0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000].flatMap(u32));

/** Options of {@link track}. */
export interface TrackParts {
  readonly id: number;
  /** Ticks in a second. */
  readonly timescale: number;
  /** Pixels; undefined for audio. */
  readonly size?: { readonly width: number; readonly height: number };
  /** The sample entry: the codec and its decoder configuration. */
  readonly entry: Buffer;
  /** How long a sample usually lasts, in ticks, for players that count the frame rate otherwise; see {@link track}. */
  readonly sampleDuration?: number | undefined;
}

/**
 * A track without samples (8.3): fragments bring them.
 *
 * A `sampleDuration` is written as the duration of no samples (8.6.1.2). FFmpeg up to 7.0 takes the frame rate from it and
 * begins with the first frame; otherwise it waits for twenty, to count them. Media Source Extensions forbid it.
 */
export function track({ id, timescale, size, entry, sampleDuration }: TrackParts): Buffer {
  const tables = box(
    'stbl',
    full('stsd', 0, 0, u32(1), entry),
    full('stts', 0, 0, ...(sampleDuration === undefined ? [u32(0)] : [u32(1), u32(0), u32(sampleDuration)])),
    full('stsc', 0, 0, u32(0)),
    full('stsz', 0, 0, u32(0), u32(0)),
    full('stco', 0, 0, u32(0)),
  );
  const media = box(
    'mdia',
    full('mdhd', 0, 0, zeros(8), u32(timescale), u32(0), u16(0x55c4), zeros(2)), // language: und
    full('hdlr', 0, 0, zeros(4), text(size === undefined ? 'soun' : 'vide'), zeros(12), text('Porthole\0')),
    box(
      'minf',
      size === undefined ? full('smhd', 0, 0, zeros(4)) : full('vmhd', 0, 1, zeros(8)),
      box('dinf', full('dref', 0, 0, u32(1), full('url ', 0, 1))), // the samples are in this file
      tables,
    ),
  );
  const { width = 0, height = 0 } = size ?? {};
  const volume = size === undefined ? 0x100 : 0;
  return box(
    'trak',
    // Enabled, in the movie, in the preview.
    full(
      'tkhd',
      0,
      7,
      zeros(8),
      u32(id),
      zeros(4 + 4 + 8 + 2 + 2),
      u16(volume),
      zeros(2),
      matrix,
      u32(width << 16),
      u32(height << 16),
    ),
    media,
  );
}

/** An initialisation segment (8.2): `ftyp` and a `moov` with these tracks, by their ids. */
export function movie(timescale: number, tracks: ReadonlyMap<number, Buffer>): Buffer {
  const ids = [...tracks.keys()];
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
        u32(Math.max(...ids) + 1),
      ),
      ...tracks.values(),
      box('mvex', ...ids.map((id) => full('trex', 0, 0, u32(id), u32(1), zeros(12)))),
    ),
  ]);
}
