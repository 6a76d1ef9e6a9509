import type { HlsPart, HlsSegment, HlsSegments } from '../../outputs/hls/hls-segments.ts';

/** Parts are listed for segments that are no older than so many times the longest one's length. */
const partTargets = 3;

/** The name of a whole segment. */
export function segmentName(number: number): string {
  return `${number}.mp4`;
}

/** The name of a part of a segment. */
export function partName(number: number, part: number): string {
  return `${number}.${part}.mp4`;
}

/** The name of what a decoder needs first. */
export function initName(number: number): string {
  return `init-${number}.mp4`;
}

/** What a name stands for; null for what is no name of ours. */
export type HlsName =
  | { readonly kind: 'init' | 'segment'; readonly number: number }
  | { readonly kind: 'part'; readonly number: number; readonly part: number };

/** Reads a name again. */
export function parseName(name: string): HlsName | null {
  const [, init, number, part] = /^(init-)?(\d{1,15})(?:\.(\d{1,4}))?\.mp4$/.exec(name) ?? [];
  if (number === undefined || (init !== undefined && part !== undefined)) return null;
  if (part !== undefined) return { kind: 'part', number: Number(number), part: Number(part) };
  return { kind: init === undefined ? 'segment' : 'init', number: Number(number) };
}

/**
 * A live media playlist (RFC 8216, 4.3, with the tags of low latency of draft-pantos-hls-rfc8216bis, 4.4). Players that
 * know nothing of parts pass over the lines about them.
 *
 * @param uri the address of a name, relative to the playlist's own
 */
export function playlist(segments: HlsSegments, uri: (name: string) => string): string {
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
  let before: HlsSegment | null = null;
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
    // Where the decoder's needs have just changed a player must know them before it asks for what builds on them.
    if (open.parts.length > 0 || open.init === before?.init) {
      lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${uri(next)}"`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** What stands before a segment: what has changed since the one before, and its time. */
function headOf(segment: HlsSegment, before: HlsSegment | null, uri: (name: string) => string): readonly string[] {
  return [
    ...(before !== null && before.discontinuity !== segment.discontinuity ? ['#EXT-X-DISCONTINUITY'] : []),
    ...(before?.init === segment.init ? [] : [`#EXT-X-MAP:URI="${uri(initName(segment.init))}"`]),
    `#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.startsAt).toISOString()}`,
  ];
}

function partsOf({ number, parts }: HlsSegment, uri: (name: string) => string): readonly string[] {
  const line = ({ duration, independent }: HlsPart, part: number): string =>
    `#EXT-X-PART:DURATION=${seconds(duration)},URI="${uri(partName(number, part))}"${independent ? ',INDEPENDENT=YES' : ''}`;
  return parts.map(line);
}

function seconds(value: number): string {
  return value.toFixed(5);
}
