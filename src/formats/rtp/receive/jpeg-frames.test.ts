import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { JpegFrames } from './jpeg-frames.ts';
import { collecting, packet } from './testing.ts';

/** A JPEG as its packets (RFC 2435), with its own tables. */
async function packetsOf({ restart = 0, length = 500 } = {}): Promise<{ jpeg: Buffer; payloads: Buffer[] }> {
  const raw = Buffer.from(Array.from({ length: 64 * 48 * 3 }, (_, at) => (at * 7 + (at >> 6)) & 0xff));
  const jpeg = await sharp(raw, { raw: { width: 64, height: 48, channels: 3 } })
    .jpeg({ quality: 80, chromaSubsampling: '4:2:0', optimiseCoding: false })
    .toBuffer();
  const tables: Buffer[] = [];
  let scan = 0;
  for (let at = 2; scan === 0; at += 2 + jpeg.readUInt16BE(at + 2)) {
    const end = at + 2 + jpeg.readUInt16BE(at + 2);
    if (jpeg[at + 1] === 0xdb)
      for (let table = at + 4; table < end; table += 65) tables.push(jpeg.subarray(table + 1, table + 65));
    if (jpeg[at + 1] === 0xda) scan = end;
  }
  const data = jpeg.subarray(scan, -2);
  const payloads: Buffer[] = [];
  for (let at = 0; at < data.length; at += length) {
    const header = Buffer.from([0, at >> 16, (at >> 8) & 0xff, at & 0xff, restart > 0 ? 65 : 1, 255, 8, 6]);
    const markers = restart > 0 ? Buffer.from([restart >> 8, restart & 0xff, 0xff, 0xff]) : Buffer.alloc(0);
    const quantisation = at === 0 ? [Buffer.from([0, 0, 0, 64 * tables.length]), ...tables] : [];
    payloads.push(Buffer.concat([header, markers, ...quantisation, data.subarray(at, at + length)]));
  }
  return { jpeg, payloads };
}

const push = (frames: JpegFrames, payloads: readonly Buffer[], timestamp = 1): void => {
  for (const [at, payload] of payloads.entries())
    frames.push(packet(payload, { timestamp, marker: at === payloads.length - 1 }));
};

describe('JpegFrames', () => {
  it('delivers the same image that was sent', async () => {
    const { jpeg, payloads } = await packetsOf();
    const [frames, found] = collecting((sink) => new JpegFrames(sink));
    push(frames, payloads);
    expect(payloads.length).toBeGreaterThan(2);
    expect(found.frames).toMatchObject([{ width: 64, height: 48, keyframe: true }]);
    const pixels = await Promise.all([jpeg, found.frames[0]?.bytes].map((each) => sharp(each).raw().toBuffer()));
    expect(pixels[1]?.equals(pixels[0] as Buffer)).toBe(true);
  });

  it('repeats the interval of restart markers', async () => {
    const { payloads } = await packetsOf({ restart: 3 });
    const [frames, found] = collecting((sink) => new JpegFrames(sink));
    push(frames, payloads);
    expect(found.frames[0]?.bytes.includes(Buffer.from([0xff, 0xdd, 0, 4, 0, 3]))).toBe(true);
  });

  it('drops a frame with a missing packet, and goes on with the next one', async () => {
    const { payloads } = await packetsOf();
    const [frames, found] = collecting((sink) => new JpegFrames(sink));
    push(frames, payloads.toSpliced(1, 1));
    push(frames, payloads, 2);
    push(frames, payloads.slice(1), 3);
    expect(found.frames.map(({ timestamp }) => timestamp)).toEqual([2]);
    expect(found.damaged).toBeGreaterThanOrEqual(2);
  });

  it.each([1, 50, 99])('knows the tables of quality %i', async (q) => {
    const { payloads } = await packetsOf();
    const plain = payloads.map((payload, at) => {
      const bytes = Buffer.concat([payload.subarray(0, 8), payload.subarray(at === 0 ? 8 + 4 + 128 : 8)]);
      bytes[5] = q;
      return bytes;
    });
    const [frames, found] = collecting((sink) => new JpegFrames(sink));
    push(frames, plain);
    expect(await sharp(found.frames[0]?.bytes).metadata()).toMatchObject({ width: 64, height: 48 });
    await expect(sharp(found.frames[0]?.bytes).raw().toBuffer()).resolves.toHaveLength(64 * 48 * 3);
  });

  it('leaves other kinds of JPEG to FFmpeg', async () => {
    const { payloads } = await packetsOf();
    for (const [offset, value] of [
      [4, 2],
      [6, 0],
    ] as const) {
      const other = payloads.map((each) => Buffer.from(each));
      for (const each of other) each[offset] = value;
      const [frames, found] = collecting((sink) => new JpegFrames(sink));
      push(frames, other);
      expect(found.unsupported).toHaveLength(1);
      expect(found.frames).toHaveLength(0);
    }
  });
});
