import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mutated, noise, seeded } from '../../../test/support/mutations.ts';
import { largestSide, nalUnits } from '../h264/h264.ts';
import { h265Type, readSequence } from './h265.ts';

const sps = nalUnits(readFileSync('test/odd-cameras/media/h265.hevc'))
  .map(({ bytes }) => bytes)
  .find((each) => (each[0] as number) >> 1 === h265Type.sps) as Buffer;

describe('readSequence of H.265', () => {
  it('reads the size that x265 has written', () => {
    expect(readSequence(sps)).toEqual({ width: 320, height: 240 });
  });

  it('returns null for other units, and for one that is cut short', () => {
    expect(readSequence(Buffer.from([0x40, 1, 2, 3]))).toBeNull();
    expect(readSequence(sps.subarray(0, 12))).toBeNull();
    expect(readSequence(Buffer.alloc(0))).toBeNull();
  });

  it('never throws, and returns sizes that exist', () => {
    fc.assert(
      fc.property(fc.oneof(mutated(sps), noise()), (bytes) => {
        const { width, height } = readSequence(bytes) ?? { width: 1, height: 1 };
        for (const side of [width, height]) {
          expect(side).toBeGreaterThan(0);
          expect(side).toBeLessThanOrEqual(largestSide);
        }
      }),
      seeded(2_000),
    );
  });
});
