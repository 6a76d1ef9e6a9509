import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../../../../test/support/mutations.ts';
import { cameraLimits } from '../../../domain/cameras/camera-limits.ts';
import { annexB, nalUnits } from '../../h264/h264.ts';
import { AccessUnits } from './access-units.ts';
import { h264 } from './h264-codec.ts';
import { h265 } from './h265-codec.ts';
import type { NalCodec } from './nal-codec.ts';
import { collecting, packet } from './testing.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
/** x264, constrained baseline, 640 × 480, and high profile, 1920 × 1080. */
const sps = hex('6742c01eda0280f6c044000003000400000300f03c58ba80');
const largeSps = hex('67640028acd940780227e5c044000003000400000300f03c60c658');
const pps = hex('68ce3c80');
const slice = (type: number, isFirst = true, fill = 7): Buffer =>
  Buffer.from([type, isFirst ? 0x88 : 0x10, fill, fill]);
const idr = slice(0x65);
const open = (codec: NalCodec = h264, described: readonly Buffer[] = []) =>
  collecting((sink) => new AccessUnits(codec, sink, described));
const text = (bytes: Buffer | undefined): string[] =>
  nalUnits(bytes ?? Buffer.alloc(0)).map((each) => each.bytes.toString('hex'));

describe('AccessUnits', () => {
  it('delivers the first keyframe with its parameter sets, and nothing before it', () => {
    const [units, found] = open();
    for (const [at, unit] of [slice(0x41), sps, pps, idr, slice(0x41)].entries()) {
      units.push(packet(unit, { timestamp: at === 0 ? 1 : at === 4 ? 3 : 2, marker: at !== 1 && at !== 2 }), false);
    }
    units.flush();
    expect(found).toMatchObject({ waiting: 1, damaged: 0 });
    expect(found.frames.map(({ keyframe, width, height }) => [keyframe, width, height])).toEqual([
      [true, 640, 480],
      [false, 640, 480],
    ]);
    expect(found.frames[0]?.bytes).toEqual(annexB([sps, pps, idr]));
  });

  it('tells of frames with which decoders can begin without a keyframe', () => {
    const told: boolean[] = [];
    const ignore = (): void => undefined;
    const sink = { frame: ignore, damaged: ignore, unsupported: ignore, waiting: (each: boolean) => told.push(each) };
    const units = new AccessUnits(h264, sink, [sps, pps]);
    for (const sei of ['0605', '0606']) {
      units.push(packet(hex(`${sei}018080`), { timestamp: told.length }), false);
      units.push(packet(slice(0x41), { timestamp: told.length, marker: true }), false);
      units.flush();
    }
    expect(told).toEqual([false, true]);
  });

  it('puts described parameter sets before keyframes that lack them', () => {
    const [units, found] = open(h264, [sps, pps]);
    units.push(packet(Buffer.from([9, 0xf0]), { timestamp: 1 }), false);
    units.push(packet(idr, { timestamp: 1, marker: true }), false);
    units.flush();
    expect(found.frames[0]?.bytes).toEqual(annexB([sps, pps, idr]));
  });

  it('follows a sequence parameter set that changes, also if it comes alone', () => {
    const [units, found] = open(h264, [sps, pps]);
    units.push(packet(idr, { timestamp: 1, marker: true }), false);
    units.push(packet(largeSps, { timestamp: 2 }), false);
    units.push(packet(idr, { timestamp: 2, marker: true }), false);
    units.flush();
    expect(found.frames.map(({ width }) => width)).toEqual([640, 1920]);
    expect(text(found.frames[1]?.bytes)).toEqual([largeSps, pps, largeSps, idr].map((each) => each.toString('hex')));
  });

  it('reads a STAP-A, an FU-A, and units behind start codes', () => {
    const [units, found] = open();
    const stap = Buffer.concat([hex('78'), hex('0018'), sps, hex('0004'), pps]);
    units.push(packet(stap, { timestamp: 1 }), false);
    units.push(packet(hex('7c 85 88 aa'), { timestamp: 1 }), false);
    units.push(packet(hex('7c 05 bb'), { timestamp: 1 }), false);
    units.push(packet(hex('7c 45 cc'), { timestamp: 1, marker: true }), false);
    units.push(packet(Buffer.concat([hex('00000001'), slice(0x41)]), { timestamp: 2, marker: true }), false);
    units.flush();
    expect(text(found.frames[0]?.bytes).at(-1)).toBe('6588aabbcc');
    expect(text(found.frames[1]?.bytes)).toEqual([slice(0x41).toString('hex')]);
  });

  it('waits for the fragments of a unit, however late they come', () => {
    const [units, found] = open(h264, [sps, pps]);
    for (const [timestamp, first] of [
      [1, '7c 85'],
      [2, '5c 81'],
    ] as const) {
      units.push(packet(hex(`${first} 88 aa`), { timestamp }), false);
      expect(units.quiet).toBeNull();
      units.flush();
      units.push(packet(hex(`${first.replace(/ 8/, ' 4')} cc`), { timestamp, marker: true }), false);
      expect(units.quiet).toBeGreaterThan(0);
    }
    units.flush();
    expect(found).toMatchObject({ damaged: 0, frames: [{ keyframe: true }, { keyframe: false }] });
  });

  it('reads an AP and an FU of H.265', () => {
    const stream = nalUnits(readFileSync('test/odd-cameras/media/h265.hevc')).map(({ bytes }) => bytes);
    const find = (type: number): Buffer => stream.find((each) => h265.typeOf(each[0] as number) === type) as Buffer;
    const sets = [32, 33, 34].map(find);
    const key = stream.find((each) => h265.isKey(h265.typeOf(each[0] as number))) as Buffer;
    const [units, found] = open(h265);
    const lengths = sets.map(({ length }) => Buffer.from([length >> 8, length & 0xff]));
    units.push(
      packet(Buffer.concat([hex('6001'), ...sets.flatMap((each, at) => [lengths[at] as Buffer, each])])),
      false,
    );
    const type = h265.typeOf(key[0] as number);
    const [body, half] = [key.subarray(2), Math.floor(key.length / 2)];
    units.push(packet(Buffer.concat([Buffer.from([98, 1, 0x80 | type]), body.subarray(0, half)])), false);
    units.push(
      packet(Buffer.concat([Buffer.from([98, 1, 0x40 | type]), body.subarray(half)]), { marker: true }),
      false,
    );
    units.flush();
    expect(found.frames).toMatchObject([{ keyframe: true, width: 320, height: 240 }]);
    expect(found.frames[0]?.bytes).toEqual(annexB([...sets, key]));
  });

  it('trusts marks that have proved right, and waits otherwise', () => {
    const [units, found] = open(h264, [sps, pps]);
    for (let at = 1; at <= 4; at += 1) units.push(packet(idr, { timestamp: at, marker: true }), false);
    // The fourth is complete at its mark, though no other has followed.
    expect(found.frames).toHaveLength(4);
    expect(units.quiet).toBeNull();
  });

  it('keeps a frame together whose slices are all marked', () => {
    const [units, found] = open(h264, [sps, pps]);
    for (let at = 1; at <= 6; at += 1) {
      units.push(packet(idr, { timestamp: at, marker: true }), false);
      units.push(packet(slice(0x65, false), { timestamp: at, marker: true }), false);
    }
    units.flush();
    expect(found.frames.map(({ bytes }) => text(bytes).length)).toEqual([4, 4, 4, 4, 4, 4]);
    expect(found.damaged).toBe(0);
  });

  it('tells frames apart whose timestamp never changes', () => {
    const [units, found] = open(h264, [sps, pps]);
    for (const unit of [idr, slice(0x41), slice(0x41, true, 8)]) units.push(packet(unit, { marker: true }), false);
    units.flush();
    expect(found.frames).toHaveLength(3);
  });

  it('takes parameter sets that are sent under the timestamp of the frame before', () => {
    const [units, found] = open();
    for (const [unit, timestamp] of [
      [sps, 0],
      [pps, 0],
      [idr, 1],
      [sps, 1],
      [pps, 1],
      [idr, 2],
    ] as const) {
      units.push(packet(unit, { timestamp, marker: true }), false);
    }
    units.flush();
    expect(found.frames.map(({ bytes, timestamp }) => [text(bytes).length, timestamp])).toEqual([
      [3, 1],
      [3, 2],
    ]);
  });

  it('drops a slice with a missing fragment, and a frame without its first slice', () => {
    const [units, found] = open(h264, [sps, pps]);
    units.push(packet(idr, { timestamp: 1, marker: true }), false);
    units.push(packet(hex('7c 81 88 aa'), { timestamp: 2 }), false);
    units.push(packet(hex('7c 41 cc'), { timestamp: 2, marker: true }), true);
    units.push(packet(slice(0x41, false), { timestamp: 3, marker: true }), true);
    units.push(packet(slice(0x41), { timestamp: 4, marker: true }), false);
    units.flush();
    expect(found.frames.map(({ timestamp }) => timestamp)).toEqual([1, 4]);
    expect(found.damaged).toBe(2);
  });

  it('drops a keyframe of which only the parameter sets are whole', () => {
    const [units, found] = open();
    const damaged = [sps, pps, hex('7c 85 88 aa'), hex('7c 05 bb'), hex('7c 45 cc')];
    for (const [at, payload] of damaged.entries()) {
      units.push(packet(payload, { timestamp: 1, marker: at === 4 }), at === 4);
    }
    units.push(packet(slice(0x41), { timestamp: 2, marker: true }), false);
    units.push(packet(idr, { timestamp: 3, marker: true }), false);
    units.flush();
    expect(found).toMatchObject({ damaged: 1, waiting: 1 });
    expect(found.frames.map(({ bytes }) => bytes)).toEqual([annexB([sps, pps, idr])]);
  });

  it('refuses a frame beyond the limit before it has memory for it', () => {
    const [units] = open();
    const part = Buffer.concat([hex('7c 05'), Buffer.alloc(65_000)]);
    units.push(packet(hex('7c 85 88'), { timestamp: 1 }), false);
    expect(() => {
      for (let bytes = 0; bytes <= 1.1 * cameraLimits.frame; bytes += part.length)
        units.push(packet(part, { timestamp: 1 }), false);
    }).toThrow(expect.objectContaining({ code: 'source_beyond_limits' }) as Error);
  });

  it('joins what any packetisation has split', () => {
    const frames = fc.array(fc.array(fc.integer({ min: 3, max: 400 }), { minLength: 1, maxLength: 3 }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(frames, fc.integer({ min: 4, max: 120 }), fc.boolean(), (lengths, mtu, marks) => {
        const [units, found] = open(h264, [sps, pps]);
        const sent = lengths.map((slices, at) =>
          slices.map((length, number) =>
            Buffer.concat([slice(at === 0 ? 0x65 : 0x41, number === 0), Buffer.alloc(length, 1 + at)]),
          ),
        );
        for (const [at, frame] of sent.entries()) {
          for (const [number, unit] of frame.entries()) {
            const payloads = fragments(unit, mtu);
            for (const [part, payload] of payloads.entries()) {
              const isLast = number === frame.length - 1 && part === payloads.length - 1;
              units.push(packet(payload, { timestamp: at, marker: marks && isLast }), false);
            }
          }
        }
        units.flush();
        expect(found.damaged).toBe(0);
        expect(found.frames.map(({ bytes }) => bytes)).toEqual(
          sent.map((frame, at) => annexB(at === 0 ? [sps, pps, ...frame] : frame)),
        );
      }),
      seeded(200),
    );
  });
});

/** A unit as it is, or as FU-A (RFC 6184, section 5.8). */
function fragments(unit: Buffer, mtu: number): Buffer[] {
  if (unit.length <= mtu) return [unit];
  const header = unit[0] as number;
  const parts: Buffer[] = [];
  for (let at = 1; at < unit.length; at += mtu) {
    const edge = (at === 1 ? 0x80 : 0) | (at + mtu >= unit.length ? 0x40 : 0);
    parts.push(
      Buffer.concat([Buffer.from([(header & 0xe0) | 28, edge | (header & 0x1f)]), unit.subarray(at, at + mtu)]),
    );
  }
  return parts;
}
