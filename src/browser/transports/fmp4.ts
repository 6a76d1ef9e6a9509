// The few fields that a page reads from fragmented MP4 (ISO/IEC 14496-12); the browser does the rest. Boxes are found by
// their names, because the server writes them near the beginning.

/** Timescale of the server's video tracks, in ticks per second. */
const videoTimescale = 90_000;

/** The MIME type for Media Source Extensions, such as `video/mp4; codecs="avc1.42C01F"`; null if there is no `avcC`. */
export function typeOf(init: Uint8Array): string | null {
  const at = find(init, 'avcC');
  if (at === -1 || at + 8 > init.length) return null;
  const hex = Array.from(init.subarray(at + 5, at + 8), (byte) => byte.toString(16).padStart(2, '0'));
  return `video/mp4; codecs="avc1.${hex.join('').toUpperCase()}"`;
}

/** Start of a fragment in seconds on the stream's timeline; null if it has no `tfdt` of version 1. */
export function startOf(fragment: Uint8Array, timescale = videoTimescale): number | null {
  const at = find(fragment.subarray(0, 256), 'tfdt');
  if (at === -1 || at + 16 > fragment.length || fragment[at + 4] !== 1) return null;
  const view = new DataView(fragment.buffer, fragment.byteOffset + at + 8);
  return (view.getUint32(0) * 2 ** 32 + view.getUint32(4)) / timescale;
}

function find(bytes: Uint8Array, name: string): number {
  const [a, b, c, d] = Array.from(name, (letter) => letter.charCodeAt(0));
  for (let at = 4; at + 4 <= bytes.length; at += 1) {
    if (bytes[at] === a && bytes[at + 1] === b && bytes[at + 2] === c && bytes[at + 3] === d) return at;
  }
  return -1;
}
