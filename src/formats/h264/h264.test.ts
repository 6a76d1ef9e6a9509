import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mutated, noise, seeded } from '../../../test/support/mutations.ts';
import {
  annexB,
  codecName,
  isKeyframe,
  largestSide,
  nalUnits,
  parameterSetsOf,
  readSequence,
  sameParameterSets,
  withParameterSets,
} from './h264.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** Sequence parameter sets of real encoders; expected values are ffprobe's. */
const sets = {
  /** x264, constrained baseline, 640 × 480. */
  baseline: '6742c01eda0280f6c044000003000400000300f03c58ba80',
  /** x264, high profile, 1920 × 1080: cropped from 1088 lines. */
  high: '67640028acd940780227e5c044000003000400000300f03c60c658',
};

describe('nalUnits', () => {
  it('finds NAL units behind short and long start codes, without stuffing', () => {
    const units = nalUnits(hex('00000001 6742 000001 68ce 0000 00000001 65aabb 00'));
    expect(units.map(({ type, bytes }) => [type, bytes.toString('hex')])).toEqual([
      [7, '6742'],
      [8, '68ce'],
      [5, '65aabb'],
    ]);
    expect(isKeyframe(units)).toBe(true);
    expect(isKeyframe(nalUnits(hex('00000001 41aabb')))).toBe(false);
  });

  it.each(['', '0000', '0102030405', '000001', '00000100000001'])('returns an empty list for %s', (text) => {
    expect(nalUnits(hex(text))).toEqual([]);
  });

  it('reverses annexB', () => {
    const units = [hex('6742'), hex('68ce'), hex('65aa')];
    expect(nalUnits(annexB(units)).map(({ bytes }) => bytes)).toEqual(units);
  });
});

describe('parameterSetsOf', () => {
  it('takes the last of each kind; null unless both are present', () => {
    const sets = parameterSetsOf(nalUnits(hex('000001 6701 000001 6801 000001 6802')));
    expect(sets).toEqual({ sps: hex('6701'), pps: hex('6802') });
    expect(parameterSetsOf(nalUnits(hex('000001 6701')))).toBeNull();
    expect(sets !== null && sameParameterSets(sets, { ...sets, pps: hex('6801') })).toBe(false);
  });
});

describe('withParameterSets', () => {
  it('prepends them to a keyframe that lacks them, and returns one that has them unchanged', () => {
    const sets = { sps: hex('6742'), pps: hex('68ce') };
    const bare = hex('00000001 09f0 00000001 65aabb');
    const whole = withParameterSets(bare, nalUnits(bare), sets);
    expect(nalUnits(whole).map(({ type }) => type)).toEqual([7, 8, 5]);
    expect(withParameterSets(whole, nalUnits(whole), sets)).toBe(whole);
  });
});

describe('readSequence', () => {
  it.each([
    ['baseline', { profile: 66, level: 30, width: 640, height: 480 }, 'avc1.42C01E'],
    ['high', { profile: 100, level: 40, width: 1920, height: 1080 }, 'avc1.640028'],
  ] as const)('reads a set of the %s profile', (name, facts, codec) => {
    const found = readSequence(hex(sets[name]));
    expect(found).toMatchObject({ ...facts, chromaFormat: 1, bitDepth: 8 });
    expect(found && codecName(found)).toBe(codec);
  });

  it('returns null for another NAL unit and for one that is cut short', () => {
    expect(readSequence(hex('68ce3c80'))).toBeNull();
    const whole = hex(sets.high);
    for (let length = 0; length < 10; length += 1) expect(readSequence(whole.subarray(0, length))).toBeNull();
  });

  it('never throws, and returns only possible sizes, for any input', () => {
    const anySet = fc.oneof(mutated(hex(sets.high)), mutated(hex(sets.baseline)), noise(64)).map((bytes) => {
      const set = Buffer.concat([Buffer.from([0x67]), bytes.subarray(1)]);
      return set;
    });
    let read = 0;
    fc.assert(
      fc.property(anySet, (bytes) => {
        const facts = readSequence(bytes);
        if (facts === null) return;
        read += 1;
        expect(Math.min(facts.width, facts.height)).toBeGreaterThan(0);
        expect(Math.max(facts.width, facts.height)).toBeLessThanOrEqual(largestSide);
        expect(codecName(facts)).toMatch(/^avc1\.[0-9A-F]{6}$/);
      }),
      seeded(5_000),
    );
    expect(read).toBeGreaterThan(100);
  });

  it('takes time in proportion to the length of a hostile set', () => {
    // pic_order_cnt_type 1 announces 2^32 offsets, which aren't there.
    const hostile = Buffer.concat([hex('67420028 d2'), Buffer.alloc(100_000, 0x80)]);
    const before = process.cpuUsage();
    readSequence(hostile);
    expect(process.cpuUsage(before).user / 1_000, 'milliseconds of the CPU').toBeLessThan(1_000);
  });
});

describe('any bytes', () => {
  it('split into NAL units within the input, which annexB joins again', () => {
    const valid = annexB([hex(sets.high), hex('68ebecb22c'), hex('65888401')]);
    fc.assert(
      fc.property(fc.oneof(mutated(valid), noise()), (bytes) => {
        const units = nalUnits(bytes);
        const total = units.reduce((sum, { bytes: { length } }) => sum + length + 3, 0);
        expect(total).toBeLessThanOrEqual(bytes.length);
        for (const { type, bytes: unit } of units) {
          expect([unit[0] === undefined ? -1 : unit[0] & 0x1f, unit.at(-1) === 0]).toEqual([type, false]);
        }
        expect(nalUnits(annexB(units.map((unit) => unit.bytes)))).toEqual(units);
        isKeyframe(units);
        const sets = parameterSetsOf(units);
        if (sets !== null) expect(withParameterSets(bytes, units, sets)).toBe(bytes);
      }),
      seeded(3_000),
    );
  });
});
