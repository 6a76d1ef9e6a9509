import { describe, expect, it } from 'vitest';
import {
  heightFor,
  isPassthrough,
  ladder,
  offeredWidths,
  renditionFor,
  renditionKey,
  sourceRendition,
} from './rendition.ts';

describe('renditionFor', () => {
  it('takes the source itself when no width is wanted', () => {
    expect(renditionFor(undefined, 1280)).toBe(sourceRendition);
    expect(renditionFor('source', 1280)).toBe(sourceRendition);
  });

  it.each([
    [1, 320],
    [320, 320],
    [321, 480],
    [700, 960],
    [960, 960],
  ])('snaps a wanted width of %d to %d', (wanted, width) => {
    expect(renditionFor(wanted, 1280)).toEqual({ codec: 'jpeg', width });
  });

  it('never enlarges: a width of at least the source is the source', () => {
    expect(renditionFor(1280, 1280)).toBe(sourceRendition);
    expect(renditionFor(1281, 1280)).toBe(sourceRendition);
    expect(renditionFor(600, 640)).toBe(sourceRendition);
    expect(renditionFor(100, 160)).toBe(sourceRendition);
    expect(renditionFor(5000, 7680)).toBe(sourceRendition);
  });

  it('uses only the ladder while the size of the source is unknown', () => {
    expect(renditionFor(1800, null)).toEqual({ codec: 'jpeg', width: 1920 });
    expect(renditionFor(2000, null)).toBe(sourceRendition);
  });

  it('gives H.264 the same widths, with different keys', () => {
    expect(renditionFor(700, 1280, 'h264')).toEqual({ codec: 'h264', width: 960 });
    expect(renditionFor(1280, 1280, 'h264')).toEqual({ codec: 'h264', width: 'source' });
    expect(renditionKey(renditionFor(640, 1280, 'h264'))).toBe('h264-640');
  });

  it('gives equal renditions one key', () => {
    expect(renditionKey(renditionFor(600, 1920))).toBe(renditionKey(renditionFor(640, 1920)));
    expect(new Set([...ladder, 'source' as const].map((width) => renditionKey({ codec: 'jpeg', width }))).size).toBe(7);
  });
});

describe('offeredWidths', () => {
  it.each([
    [1280, [320, 480, 640, 960, 1280]],
    [1000, [320, 480, 640, 960, 1000]],
    [320, [320]],
    [160, [160]],
  ])('of a source %d wide are the steps below it and its own', (width, offered) => {
    expect(offeredWidths(width)).toEqual(offered);
  });

  it('are each answered by a rendition of exactly that width', () => {
    for (const width of offeredWidths(1000)) {
      expect(renditionFor(width, 1000).width).toBe(width === 1000 ? 'source' : width);
    }
  });
});

describe('heightFor', () => {
  it('keeps the aspect ratio, in even numbers of at least 2', () => {
    expect(heightFor(640, { width: 1280, height: 720 })).toBe(360);
    expect(heightFor(480, { width: 1280, height: 720 })).toBe(270);
    expect(heightFor(320, { width: 1000, height: 563 })).toBe(180);
    expect(heightFor(320, { width: 7680, height: 16 })).toBe(2);
  });
});

describe('isPassthrough', () => {
  it.each([
    ['jpeg', 'source', 'jpeg', true],
    ['jpeg', 1280, 'jpeg', true],
    ['jpeg', 1920, 'jpeg', true],
    ['jpeg', 960, 'jpeg', false],
    ['h264', 'source', 'jpeg', false],
    ['aac', 'source', 'jpeg', false],
    ['jpeg', 'source', null, false],
  ] as const)('of %s at %s from a source of %s, 1280 pixels wide: %s', (codec, width, passthrough, expected) => {
    expect(isPassthrough({ codec, width }, passthrough, 1280)).toBe(expected);
  });
});
