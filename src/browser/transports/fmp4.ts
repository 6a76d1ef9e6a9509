/**
 * The little that a page reads of fragmented MP4 (ISO/IEC 14496-12); the browser does the rest. Boxes are found by their
 * names, since the server writes those near the beginning.
 */

/** Ticks of the server's tracks of pictures in a second. */
const pictureTimescale = 90_000;

/** The type that Media Source Extensions are asked for, such as `video/mp4; codecs="avc1.42C01F"`; null if none is told. */
export function typeOf(init: Uint8Array): string | null {
  const at = find(init, 'avcC');
  if (at === -1 || at + 8 > init.length) return null;
  const hex = Array.from(init.subarray(at + 5, at + 8), (byte) => byte.toString(16).padStart(2, '0'));
  return `video/mp4; codecs="avc1.${hex.join('').toUpperCase()}"`;
}

/** When a fragment is shown or heard, in seconds of the stream's timeline; null if that is not told. */
export function startOf(fragment: Uint8Array, timescale = pictureTimescale): number | null {
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
