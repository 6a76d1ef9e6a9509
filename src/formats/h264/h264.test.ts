import { describe, expect, it } from 'vitest';
import {
  annexB,
  codecName,
  isKeyframe,
  nalUnits,
  parameterSetsOf,
  readSequence,
  sameParameterSets,
  withParameterSets,
} from './h264.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** Sequence parameter sets of real encoders, with what ffprobe says of them. */
const sets = {
  /** x264, constrained baseline, 640 × 480. */
  baseline: '6742c01eda0280f6c044000003000400000300f03c58ba80',
  /** x264, high profile, 1920 × 1080: cropped from 1088 lines. */
  high: '67640028acd940780227e5c044000003000400000300f03c60c658',
};

describe('nalUnits', () => {
  it('finds them behind short and long start codes, without stuffing', () => {
    const units = nalUnits(hex('00000001 6742 000001 68ce 0000 00000001 65aabb 00'));
    expect(units.map(({ type, bytes }) => [type, bytes.toString('hex')])).toEqual([
      [7, '6742'],
      [8, '68ce'],
      [5, '65aabb'],
    ]);
    expect(isKeyframe(units)).toBe(true);
    expect(isKeyframe(nalUnits(hex('00000001 41aabb')))).toBe(false);
  });

  it.each(['', '0000', '0102030405', '000001', '00000100000001'])('finds none in %s', (text) => {
    expect(nalUnits(hex(text))).toEqual([]);
  });

  it('are written again by annexB', () => {
    const units = [hex('6742'), hex('68ce'), hex('65aa')];
    expect(nalUnits(annexB(units)).map(({ bytes }) => bytes)).toEqual(units);
  });
});

describe('parameterSetsOf', () => {
  it('takes the last of each kind, and null unless both are there', () => {
    const sets = parameterSetsOf(nalUnits(hex('000001 6701 000001 6801 000001 6802')));
    expect(sets).toEqual({ sps: hex('6701'), pps: hex('6802') });
    expect(parameterSetsOf(nalUnits(hex('000001 6701')))).toBeNull();
    expect(sets !== null && sameParameterSets(sets, { ...sets, pps: hex('6801') })).toBe(false);
  });
});

describe('withParameterSets', () => {
  it('puts them in front of a keyframe that lacks them, and leaves one alone that has them', () => {
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

  it('says nothing of what is none, or cut short, and never throws', () => {
    expect(readSequence(hex('68ce3c80'))).toBeNull();
    const whole = hex(sets.high);
    for (let length = 0; length < 10; length += 1) expect(readSequence(whole.subarray(0, length))).toBeNull();
    for (let seed = 1; seed < 2_000; seed += 1) {
      const noise = Buffer.from(Array.from({ length: 20 }, (_, index) => (seed * (index + 7) * 2_654_435_761) >>> 24));
      noise[0] = 0x67;
      const facts = readSequence(noise);
      if (facts !== null) expect(facts.width * facts.height).toBeGreaterThan(0);
    }
  });
});
