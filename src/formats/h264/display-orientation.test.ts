import { describe, expect, it } from 'vitest';
import { displayOrientationOf } from './display-orientation.ts';

const sei = (hex: string) => ({ type: 6, bytes: Buffer.from(hex, 'hex') });
const slice = { type: 5, bytes: Buffer.from('6588', 'hex') };

describe('displayOrientationOf', () => {
  it.each([
    // As FFmpeg's h264_metadata writes it.
    ['a quarter turn', '062f0308000980', true, true],
    ['a flip', '062f0340000480', true, true],
    ['no turn', '062f0300000480', false, true],
    ['a turn of one picture', '062f0310001080', true, false],
    ['a turn that is cancelled', '062f0398000480', false, false],
    ['a turn behind other information', '0605030102032f0318000480', true, true],
    ['a turn of one degree', '062f030016c480', false, true],
  ])('reads %s', (_what, hex, isTurned, persists) => {
    const unit = sei(hex);
    expect(displayOrientationOf([unit, slice])).toEqual({ isTurned, persists, unit });
  });

  it.each(['06', '062f', '062f03', '062f031800', '0605ff', '06ffffffff', '060501002f'])('finds none in %s', (hex) => {
    expect(displayOrientationOf([sei(hex), slice])).toBeNull();
  });
});
