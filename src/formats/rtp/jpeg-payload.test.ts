import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { makeJpegs, withoutHuffmanTables } from '../../../test/support/clips.ts';
import { mutated, seeded } from '../../../test/support/mutations.ts';
import { lacks, programPath } from '../../../test/support/programs.ts';
import { readBaseline } from '../jpeg/baseline.ts';
import { standardHuffmanTables } from '../jpeg/huffman-tables.ts';
import { packetizeJpeg } from './jpeg-payload.ts';
import { longestPacket } from './rtp-packet.ts';

const header = { payloadType: 26, sequence: 1, timestamp: 2, ssrc: 3, captured: 0n, captureId: 0 };

/** The payloads of a JPEG's packets, and whether the last one alone is marked. */
function payloadsOf(jpeg: Buffer): Buffer[] {
  const packets = packetizeJpeg(jpeg).map((packet) => packet.write(Buffer.alloc(longestPacket), header));
  expect(packets.map((packet) => (packet[1] as number) >> 7)).toEqual(
    packets.map((_, at) => Number(at === packets.length - 1)),
  );
  return packets.map((packet) => packet.subarray(12));
}

/** Puts a JPEG together as receivers do (RFC 2435, appendix B). */
function received(payloads: readonly Buffer[]): Buffer {
  const [first = Buffer.alloc(0)] = payloads;
  const [type, width, height] = [first[4] as number, (first[6] as number) * 8, (first[7] as number) * 8];
  const restart = type >= 64 ? 4 : 0;
  const tables = first.subarray(8 + restart + 4, 8 + restart + 4 + 128);
  expect([...first.subarray(8 + restart, 8 + restart + 4)]).toEqual([0, 0, 0, 128]);
  let length = 0;
  const scan = payloads.map((payload, at) => {
    expect(payload.readUIntBE(1, 3), 'fragment offset').toBe(length);
    const part = payload.subarray(8 + restart + (at === 0 ? 4 + 128 : 0));
    length += part.length;
    return part;
  });
  const size = Buffer.alloc(4);
  size.writeUInt16BE(height, 0);
  size.writeUInt16BE(width, 2);
  const segment = (marker: number, ...parts: Buffer[]): Buffer => {
    const content = Buffer.concat(parts);
    const head = Buffer.from([0xff, marker, 0, 0]);
    head.writeUInt16BE(content.length + 2, 2);
    return Buffer.concat([head, content]);
  };
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xdb, Buffer.from([0]), tables.subarray(0, 64), Buffer.from([1]), tables.subarray(64)),
    ...(restart > 0 ? [segment(0xdd, first.subarray(8, 10))] : []),
    segment(
      0xc0,
      Buffer.from([8]),
      size,
      Buffer.from([3, 0, type % 64 === 0 ? 0x21 : 0x22, 0, 1, 0x11, 1, 2, 0x11, 1]),
    ),
    standardHuffmanTables,
    segment(0xda, Buffer.from([3, 0, 0, 1, 0x11, 2, 0x11, 0, 63, 0])),
    ...scan,
    Buffer.from([0xff, 0xd9]),
  ]);
}

/** The pixels of the upper left part that both have: sizes are rounded up to 8 pixels. */
async function pixels(jpeg: Buffer, width: number, height: number): Promise<Buffer> {
  return sharp(jpeg).extract({ left: 0, top: 0, width, height }).raw().toBuffer();
}

const photo = (options: object, width = 320, height = 240): Promise<Buffer> =>
  sharp({
    create: { width, height, channels: 3, background: '#336699', noise: { type: 'gaussian', mean: 128, sigma: 60 } },
  })
    .jpeg(options)
    .toBuffer();

describe('packetizeJpeg', () => {
  it.each([
    ['standard tables', { optimiseCoding: false }, 320, 240],
    ['its own Huffman tables', { optimiseCoding: true }, 320, 240],
    ['a size that is no multiple of 8', { optimiseCoding: true }, 330, 250],
    ['much data', { optimiseCoding: true, quality: 100 }, 640, 480],
  ])('transmits the same pixels of a JPEG with %s', async (_what, options, width, height) => {
    const jpeg = await photo(options, width, height);
    const payloads = payloadsOf(jpeg);
    expect(Math.max(...payloads.map(({ length }) => length + 12))).toBeLessThanOrEqual(longestPacket);
    // At the edges, decoders mix in the colours behind them.
    const inner = [width - 16, height - 16] as const;
    const [sent, got] = [await pixels(jpeg, ...inner), await pixels(received(payloads), ...inner)];
    expect(got.equals(sent)).toBe(true);
  });

  it('transmits a JPEG without Huffman tables, as webcams send it', async () => {
    const [jpeg = Buffer.alloc(0)] = await makeJpegs(1);
    const got = await pixels(received(payloadsOf(withoutHuffmanTables(jpeg))), 320, 240);
    expect(got.equals(await pixels(jpeg, 320, 240))).toBe(true);
  });

  it.skipIf(lacks('ffmpeg')).each([
    ['optimal', 'yuvj422p'],
    ['default', 'yuvj420p'],
    ['optimal', 'yuvj420p'],
  ])('transmits restart markers with %s tables and %s', async (huffman, format) => {
    const source = ['-f', 'lavfi', '-i', 'testsrc2=size=336x248', '-frames:v', '1', '-pix_fmt', format];
    const encoder = ['-c:v', 'mjpeg', '-threads', '4', '-slices', '4', '-huffman', huffman, '-f', 'mjpeg', '-'];
    const jpeg = execFileSync(programPath('ffmpeg'), ['-loglevel', 'error', ...source, ...encoder]);
    const image = readBaseline(jpeg);
    // FFmpeg writes 4:2:2 as one block of colours above the other, which RTP can't carry.
    if (image === null) {
      expect([format, packetizeJpeg(jpeg)]).toEqual(['yuvj422p', []]);
      return;
    }
    expect(image.interval).toBeGreaterThan(0);
    const got = await pixels(received(payloadsOf(jpeg)), 336, 248);
    expect(got.equals(await pixels(jpeg, 336, 248))).toBe(true);
  });

  it('makes no packets of JPEGs that the format has no place for', async () => {
    const refused = [
      await photo({ progressive: true }),
      await photo({ chromaSubsampling: '4:4:4' }),
      await photo({}, 2_048, 16),
      await sharp({ create: { width: 32, height: 32, channels: 3, background: 'red' } })
        .toColourspace('b-w')
        .jpeg()
        .toBuffer(),
      Buffer.from('not a JPEG'),
      (await photo({ optimiseCoding: true })).subarray(0, 3_000),
    ];
    expect(refused.map((jpeg) => packetizeJpeg(jpeg).length)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('survives damaged JPEGs', async () => {
    const [standard, own] = [await photo({ optimiseCoding: false }, 32, 32), await photo({}, 32, 32)];
    let sent = 0;
    fc.assert(
      fc.property(fc.oneof(mutated(standard), mutated(own)), (jpeg) => {
        sent += Math.min(1, packetizeJpeg(jpeg).length);
      }),
      seeded(1_500),
    );
    expect(sent).toBeGreaterThan(100);
  });
});
