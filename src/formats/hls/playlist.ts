/** A part of a segment, as a playlist describes it. */
export interface PlaylistPart {
  /** Seconds. */
  readonly duration: number;
  /** True if decoding can begin with this part. */
  readonly independent: boolean;
}

/** A segment, as a playlist describes it. */
export interface PlaylistSegment {
  /** The media sequence number. */
  readonly number: number;
  /** The number of its initialisation segment. */
  readonly init: number;
  /** The discontinuity sequence number. */
  readonly discontinuity: number;
  /** When the segment begins, in milliseconds since the epoch. */
  readonly startsAt: number;
  readonly parts: readonly PlaylistPart[];
  /** Seconds; for an open segment, the sum of its parts so far. */
  readonly duration: number;
  /** True if decoding can begin with this segment. */
  readonly independent: boolean;
}

/** The contents of a live playlist. */
export interface LivePlaylist {
  /** The complete segments, oldest first. */
  readonly listed: readonly PlaylistSegment[];
  /** The segment that still grows; null if no segment is open. */
  readonly open: PlaylistSegment | null;
  /** The number of the segment that begins next. */
  readonly nextNumber: number;
  /** `EXT-X-TARGETDURATION`: the longest segment, in whole seconds. */
  readonly target: number;
  /** `PART-TARGET`: the longest part, in seconds. */
  readonly partTarget: number;
}

/** Parts are listed for segments that end within this many target durations of the live edge (rfc8216bis, 4.4.4.9). */
const partTargets = 3;

/** The file name of a complete segment. */
export function segmentName(number: number): string {
  return `${number}.mp4`;
}

/** The file name of a part of a segment. */
export function partName(number: number, part: number): string {
  return `${number}.${part}.mp4`;
}

/** The file name of an initialisation segment. */
export function initName(number: number): string {
  return `init-${number}.mp4`;
}

/** A parsed file name. */
export type HlsName =
  | { readonly kind: 'init' | 'segment'; readonly number: number }
  | { readonly kind: 'part'; readonly number: number; readonly part: number };

/** Parses a file name; null if it doesn't have one of the forms above. */
export function parseName(name: string): HlsName | null {
  const [, init, number, part] = /^(init-)?(\d{1,15})(?:\.(\d{1,4}))?\.mp4$/.exec(name) ?? [];
  if (number === undefined || (init !== undefined && part !== undefined)) return null;
  if (part !== undefined) return { kind: 'part', number: Number(number), part: Number(part) };
  return { kind: init === undefined ? 'segment' : 'init', number: Number(number) };
}

/**
 * Writes a live media playlist (RFC 8216, 4.3) with the low-latency tags of draft-pantos-hls-rfc8216bis, 4.4. Players
 * without low-latency support ignore those tags.
 *
 * @param uri maps a file name to a URI relative to the playlist
 */
export function playlist(segments: LivePlaylist, uri: (name: string) => string): string {
  const { listed, open, target } = segments;
  const first = listed[0] ?? open;
  const partTarget = segments.partTarget;
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:6',
    `#EXT-X-TARGETDURATION:${target}`,
    `#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=${seconds(partTarget * 3)}`,
    `#EXT-X-PART-INF:PART-TARGET=${seconds(partTarget)}`,
    `#EXT-X-MEDIA-SEQUENCE:${first?.number ?? segments.nextNumber}`,
    ...(first === null ? [] : [`#EXT-X-DISCONTINUITY-SEQUENCE:${first.discontinuity}`]),
    ...(listed.every(({ independent }) => independent) ? ['#EXT-X-INDEPENDENT-SEGMENTS'] : []),
  ];
  let before: PlaylistSegment | null = null;
  let left = listed.reduce((sum, { duration }) => sum + duration, 0);
  for (const segment of listed) {
    lines.push(...headOf(segment, before, uri));
    if (left <= target * partTargets) lines.push(...partsOf(segment, uri));
    lines.push(`#EXTINF:${seconds(segment.duration)},`, uri(segmentName(segment.number)));
    left -= segment.duration;
    before = segment;
  }
  if (open !== null) {
    if (open.parts.length > 0) lines.push(...headOf(open, before, uri), ...partsOf(open, uri));
    const next = partName(open.number, open.parts.length);
    // A player must see a new EXT-X-MAP before it requests a part that needs it.
    if (open.parts.length > 0 || open.init === before?.init) {
      lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${uri(next)}"`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** The tags in front of a segment: what changed since the one before, and its wall-clock time. */
function headOf(
  segment: PlaylistSegment,
  before: PlaylistSegment | null,
  uri: (name: string) => string,
): readonly string[] {
  return [
    ...(before !== null && before.discontinuity !== segment.discontinuity ? ['#EXT-X-DISCONTINUITY'] : []),
    ...(before?.init === segment.init ? [] : [`#EXT-X-MAP:URI="${uri(initName(segment.init))}"`]),
    `#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.startsAt).toISOString()}`,
  ];
}

function partsOf({ number, parts }: PlaylistSegment, uri: (name: string) => string): readonly string[] {
  const line = ({ duration, independent }: PlaylistPart, part: number): string =>
    `#EXT-X-PART:DURATION=${seconds(duration)},URI="${uri(partName(number, part))}"${independent ? ',INDEPENDENT=YES' : ''}`;
  return parts.map(line);
}

function seconds(value: number): string {
  return value.toFixed(5);
}
