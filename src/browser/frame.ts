/** One picture as it comes over the socket. */
export interface PictureFrame {
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
  /** The whole JPEG. */
  readonly jpeg: Uint8Array<ArrayBuffer>;
}

const headerBytes = 32;

/**
 * Reads a binary message: a header of 32 bytes, little endian, then the JPEG.
 *
 * @returns null for anything this script does not know, such as a later version.
 */
export function readFrame(message: ArrayBuffer): PictureFrame | null {
  if (message.byteLength <= headerBytes) return null;
  const view = new DataView(message);
  if (view.getUint8(0) !== 1 || view.getUint8(1) !== 1) return null;
  return {
    stream: view.getUint32(4, true),
    sequence: view.getUint32(8, true),
    width: view.getUint16(12, true),
    height: view.getUint16(14, true),
    capturedAt: view.getFloat64(16, true),
    jpeg: new Uint8Array(message, headerBytes),
  };
}
