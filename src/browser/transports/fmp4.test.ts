import { describe, expect, it } from 'vitest';
import { startOf, typeOf } from './fmp4.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const name = (text: string): string => Buffer.from(text).toString('hex');

describe('typeOf', () => {
  it('names the codec of the initialisation segment', () => {
    expect(typeOf(hex(`00000020 ${name('avcC')} 01 42c01f ff`))).toBe('video/mp4; codecs="avc1.42C01F"');
  });

  it('is null without a codec', () => {
    expect(typeOf(hex(`00000020 ${name('moov')} 0142c01f`))).toBeNull();
    expect(typeOf(hex(`00000020 ${name('avcC')} 01`))).toBeNull();
    expect(typeOf(new Uint8Array())).toBeNull();
  });
});

describe('startOf', () => {
  it('is in seconds and may exceed 32 bits', () => {
    expect(startOf(hex(`00000014 ${name('tfdt')} 01000000 0000000000015f90`))).toBe(1);
    expect(startOf(hex(`00000014 ${name('tfdt')} 01000000 0000000100000000`))).toBeCloseTo(2 ** 32 / 90_000);
  });

  it('is null without a time', () => {
    expect(startOf(hex(`00000014 ${name('tfdt')} 00000000 00015f90`))).toBeNull();
    expect(startOf(new Uint8Array(40))).toBeNull();
  });
});
