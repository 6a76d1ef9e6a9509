/**
 * What a binary message holds: a whole JPEG, a fragment of MP4, or what a decoder needs before the next fragments; the
 * latter two of pictures or of sound.
 */
export type FrameKind = 'jpeg' | 'fragment' | 'init' | 'sound-fragment' | 'sound-init';

/** One picture as it comes over the socket. */
export interface PictureFrame {
  readonly kind: FrameKind;
  /** Which answer to a `watch` it belongs to. */
  readonly stream: number;
  /** Counts the camera's pictures; gaps are pictures that were left out. */
  readonly sequence: number;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** When it was captured: milliseconds since the epoch, by the server's clock. */
  readonly capturedAt: number;
  readonly content: Uint8Array<ArrayBuffer>;
}

const headerBytes = 32;
const kinds: readonly (FrameKind | undefined)[] = [
  undefined,
  'jpeg',
  'fragment',
  'init',
  'sound-fragment',
  'sound-init',
];

/**
 * Reads a binary message: a header of 32 bytes, little endian, then the content.
 *
 * @returns null for anything this script does not know, such as a later version.
 */
export function readFrame(message: ArrayBuffer): PictureFrame | null {
  if (message.byteLength <= headerBytes) return null;
  const view = new DataView(message);
  const kind = kinds[view.getUint8(1)];
  if (view.getUint8(0) !== 1 || kind === undefined) return null;
  return {
    kind,
    stream: view.getUint32(4, true),
    sequence: view.getUint32(8, true),
    width: view.getUint16(12, true),
    height: view.getUint16(14, true),
    capturedAt: view.getFloat64(16, true),
    content: new Uint8Array(message, headerBytes),
  };
}
