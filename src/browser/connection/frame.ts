/** Content of a binary message: a JPEG, or a fragment or initialisation segment of fragmented MP4 with video or audio. */
export type FrameKind = 'jpeg' | 'fragment' | 'init' | 'audio-fragment' | 'audio-init';

/** A binary message of the page's WebSocket. */
export interface MediaFrame {
  readonly kind: FrameKind;
  /** The stream it belongs to, as the `view` event names it. */
  readonly stream: number;
  /** The camera's frame number; gaps are frames that were skipped. */
  readonly sequence: number;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Capture time in milliseconds since the epoch, by the server's clock. */
  readonly capturedAt: number;
  readonly content: Uint8Array<ArrayBuffer>;
}

const headerBytes = 32;
const kinds: readonly (FrameKind | undefined)[] = [
  undefined,
  'jpeg',
  'fragment',
  'init',
  'audio-fragment',
  'audio-init',
];

/**
 * Parses a binary message: a header of 32 bytes, little endian, then the content.
 *
 * @returns null for an unknown version or kind
 */
export function readFrame(message: ArrayBuffer): MediaFrame | null {
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
