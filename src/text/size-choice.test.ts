import { describe, expect, it } from 'vitest';
import { sizeChoices } from './size-choice.ts';

describe('sizeChoices', () => {
  const camera = { size: { width: 640, height: 480 }, widths: [320, 480, 640] };

  it('offers widths below the original, then the original', () => {
    expect(sizeChoices(camera, { width: 480 })).toEqual([
      { value: '320', label: '320\u00a0×\u00a0240', chosen: false },
      { value: '480', label: '480\u00a0×\u00a0360', chosen: true },
      { value: 'source', label: 'Original, 640\u00a0×\u00a0480', chosen: false },
    ]);
  });

  it.each(['source', 640, 1920] as const)('shows %s as the original size', (width) => {
    expect(sizeChoices(camera, { width }).filter(({ chosen }) => chosen)).toEqual([
      { value: 'source', label: 'Original, 640\u00a0×\u00a0480', chosen: true },
    ]);
  });

  it('shows only widths while the size is unknown', () => {
    expect(sizeChoices({ size: null, widths: [320] }, { width: 'source' }).map(({ label }) => label)).toEqual([
      '320\u00a0px wide',
      'Original size',
    ]);
  });
});
