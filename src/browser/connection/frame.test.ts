import { describe, expect, it } from 'vitest';
import { readFrame } from './frame.ts';

function message(version = 1, kind = 1): ArrayBuffer {
  const buffer = new ArrayBuffer(32 + 4);
  const view = new DataView(buffer);
  view.setUint8(0, version);
  view.setUint8(1, kind);
  view.setUint16(2, 1, true);
  view.setUint32(4, 7, true);
  view.setUint32(8, 4_000_000_000, true);
  view.setUint16(12, 1280, true);
  view.setUint16(14, 720, true);
  view.setFloat64(16, 1_795_000_000_123.5, true);
  new Uint8Array(buffer, 32).set([0xff, 0xd8, 0xff, 0xd9]);
  return buffer;
}

describe('readFrame', () => {
  it('reads the header and leaves the JPEG as it is', () => {
    expect(readFrame(message())).toEqual({
      kind: 'jpeg',
      stream: 7,
      sequence: 4_000_000_000,
      width: 1280,
      height: 720,
      capturedAt: 1_795_000_000_123.5,
      content: new Uint8Array([0xff, 0xd8, 0xff, 0xd9]),
    });
  });

  it('tells fragments of MP4 and what decoders need before them', () => {
    expect([2, 3].map((kind) => readFrame(message(1, kind))?.kind)).toEqual(['fragment', 'init']);
  });

  it('skips what it does not know', () => {
    expect(readFrame(message(2))).toBeNull();
    expect(readFrame(message(1, 6))).toBeNull();
    expect(readFrame(new ArrayBuffer(12))).toBeNull();
  });
});
