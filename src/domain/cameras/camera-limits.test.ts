import { describe, expect, it } from 'vitest';
import { refuseLength, refuseSize } from './camera-limits.ts';

describe('the limits of cameras', () => {
  it.each([
    [3840, 2160],
    [8192, 8192],
    [1, 65_535],
    [65_535, 1_000],
  ])('accept %i × %i', (width, height) => expect(refuseSize({ width, height })).toBeNull());

  it.each([
    [16_000, 16_000],
    [16_384, 16_384],
    [65_535, 65_535],
    [100_000, 1],
  ])('refuse %i × %i, and name the claim and the limit', (width, height) => {
    const refusal = refuseSize({ width, height });
    expect(refusal?.code).toBe('source_beyond_limits');
    expect(refusal?.message).toContain(
      `frames of ${width}\u00a0×\u00a0${height} pixels, and Porthole accepts up to 67 megapixels`,
    );
  });

  it('refuse a frame that is too long', () => {
    expect(refuseLength(32 * 1024 * 1024)).toBeNull();
    expect(refuseLength(39e6)?.message).toContain('a frame of 37\u00a0MB, and Porthole accepts up to 32\u00a0MB');
  });
});
