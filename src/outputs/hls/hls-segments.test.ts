import { describe, expect, it } from 'vitest';
import { playlist } from '../../formats/hls/playlist.ts';
import { HlsSegments } from './hls-segments.ts';

const timescale = 90_000;
const init = Buffer.from('init');

/** A camera's pictures one after the other, each as a few bytes that tell its number. */
class Pictures {
  readonly segments: HlsSegments;
  /** Ticks. */
  #at = 0;
  #number = 0;
  init: Buffer = init;

  constructor(segments = new HlsSegments(100)) {
    this.segments = segments;
  }

  /** Adds one of so many seconds; returns whether that made a part or a segment whole. */
  add(seconds: number, keyframe = false): boolean {
    const duration = Math.round(seconds * timescale);
    const place = { number: this.#number, start: this.#at, duration, keyframe };
    this.#at += duration;
    this.#number += 1;
    const bytes = Buffer.from(`${keyframe ? 'K' : 'p'}${this.#number} `);
    const capturedAt = (this.#at / timescale) * 1_000;
    return this.segments.add({ place, bytes, init: this.init, capturedAt });
  }

  /** Adds groups of 2 s at 10 pictures a second. */
  groups(count: number): void {
    for (let group = 0; group < count; group += 1) {
      for (let picture = 0; picture < 20; picture += 1) this.add(0.1, picture === 0);
    }
  }

  /** The camera delivers nothing for so many seconds, and is started again. */
  restart(seconds: number): void {
    this.#at += seconds * timescale;
    this.segments.interrupt();
  }

  get text(): string {
    return playlist(this.segments, (name) => name);
  }
}

const tagsOf = (text: string, tag: string): readonly string[] =>
  text.split('\n').filter((line) => line.startsWith(`#EXT-X-${tag}`));
const namesOf = (text: string): readonly string[] =>
  text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe('segments of HLS', () => {
  it('go from keyframe to keyframe, and hold the fragments as they are', () => {
    const pictures = new Pictures();
    pictures.groups(2);
    pictures.add(0.1, true);
    expect(pictures.segments.listed.map(({ number, duration }) => [number, duration.toFixed(1)])).toEqual([
      [100, '2.0'],
      [101, '2.0'],
    ]);
    expect(pictures.segments.segment(100)?.toString()).toMatch(/^K1 p2 .* p20 $/);
    expect(pictures.segments.segment(101)?.toString()).toMatch(/^K21 p22 .* p40 $/);
    expect(pictures.segments.segment(102)).toBeUndefined();
  });

  it('begin with the first keyframe', () => {
    const pictures = new Pictures();
    expect(pictures.add(0.1)).toBe(false);
    expect(pictures.segments.open).toBeNull();
    pictures.add(0.1, true);
    expect(pictures.segments.open?.number).toBe(100);
  });

  it('do not end at a keyframe that somebody asked for right after their beginning', () => {
    const pictures = new Pictures();
    pictures.add(0.1, true);
    pictures.add(0.1, true);
    for (let picture = 0; picture < 10; picture += 1) pictures.add(0.1);
    pictures.add(0.1, true);
    expect(pictures.segments.listed.map(({ duration }) => duration.toFixed(1))).toEqual(['1.2']);
  });

  it('end after six seconds without a keyframe, and say that nobody can begin there', () => {
    const pictures = new Pictures();
    pictures.add(0.1, true);
    for (let picture = 0; picture < 130; picture += 1) pictures.add(0.1);
    expect(pictures.segments.listed.map(({ independent }) => independent)).toEqual([true, false]);
    expect(pictures.text).not.toContain('INDEPENDENT-SEGMENTS');
    expect(pictures.text).toContain('#EXT-X-TARGETDURATION:6\n');
  });

  it('have parts of up to half a second, which together are the segment', () => {
    const pictures = new Pictures();
    pictures.groups(1);
    pictures.add(0.1, true);
    const [whole] = pictures.segments.listed;
    expect(whole?.parts.map(({ duration }) => duration.toFixed(1))).toEqual(['0.5', '0.5', '0.5', '0.5']);
    expect(whole?.parts.map(({ independent }) => independent)).toEqual([true, false, false, false]);
    const parts = [0, 1, 2, 3].map((part) => pictures.segments.part(100, part) as Buffer);
    expect(Buffer.concat(parts)).toEqual(pictures.segments.segment(100));
    expect(pictures.segments.part(100, 4)).toBeUndefined();
  });

  it('of a slow camera have parts as long as its pictures, and the playlist says so', () => {
    const pictures = new Pictures();
    for (let picture = 0; picture < 5; picture += 1) pictures.add(1.5, picture % 2 === 0);
    expect(pictures.text).toContain('PART-TARGET=1.50000');
    expect(pictures.text).toContain('PART-HOLD-BACK=4.50000');
    expect(pictures.text).toContain('#EXT-X-TARGETDURATION:3\n');
  });

  it('hold the sound that came with their pictures', () => {
    const pictures = new Pictures();
    pictures.segments.addAudio(Buffer.from('too early '));
    pictures.add(0.3, true);
    pictures.segments.addAudio(Buffer.from('s1 '));
    pictures.add(0.2);
    pictures.segments.addAudio(Buffer.from('s2 '));
    pictures.add(0.3);
    pictures.add(0.3, true);
    expect(pictures.segments.segment(100)?.toString()).toBe('K1 p2 s1 s2 p3 ');
  });

  it('are forgotten when they are old, and never many', () => {
    const pictures = new Pictures();
    pictures.groups(50);
    const { listed } = pictures.segments;
    expect(listed.length).toBe(5);
    expect(pictures.segments.segment((listed[0]?.number ?? 0) - 2), 'one that an earlier playlist named').toBeDefined();
    expect(pictures.segments.segment((listed[0]?.number ?? 0) - 4)).toBeUndefined();
    expect(pictures.segments.init(100), 'what they all need is kept').toBe(init);
  });

  it('take no more memory than a bound, however large the pictures are', () => {
    const segments = new HlsSegments(0);
    const bytes = Buffer.alloc(8 * 1024 * 1024);
    for (let picture = 0; picture < 100; picture += 1) {
      const place = { number: picture, start: picture * timescale, duration: timescale, keyframe: true };
      segments.add({ place, bytes, init, capturedAt: 0 });
    }
    const kept = Array.from({ length: 100 }, (_, number) => segments.segment(number)).filter((each) => each);
    expect(kept.length).toBe(8);
  });

  it('go on counting after a pause, and nothing from before it is left', () => {
    const pictures = new Pictures();
    pictures.groups(3);
    const next = pictures.segments.nextNumber;
    pictures.segments.clear();
    expect([pictures.segments.listed, pictures.segments.segment(100), pictures.segments.init(100)]).toEqual([
      [],
      undefined,
      undefined,
    ]);
    pictures.restart(100);
    pictures.groups(2);
    expect(pictures.segments.listed.map(({ number }) => number)).toEqual([next]);
  });
});

describe('a playlist', () => {
  it('lists the whole segments, the parts of the last ones, and what comes next', () => {
    const pictures = new Pictures();
    pictures.groups(5);
    for (let picture = 0; picture < 7; picture += 1) pictures.add(0.1, picture === 0);
    const { text } = pictures;
    expect(text).toMatch(/^#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n/);
    expect(text).toContain('#EXT-X-MEDIA-SEQUENCE:100\n');
    expect(text).toContain('#EXT-X-INDEPENDENT-SEGMENTS\n');
    expect(namesOf(text)).toEqual(['100.mp4', '101.mp4', '102.mp4', '103.mp4', '104.mp4']);
    expect(tagsOf(text, 'MAP')).toEqual(['#EXT-X-MAP:URI="init-100.mp4"']);
    const parts = tagsOf(text, 'PART:');
    expect(parts.at(0)).toBe('#EXT-X-PART:DURATION=0.50000,URI="102.0.mp4",INDEPENDENT=YES');
    expect(parts.at(-1)).toBe('#EXT-X-PART:DURATION=0.50000,URI="105.0.mp4",INDEPENDENT=YES');
    expect(tagsOf(text, 'PRELOAD-HINT')).toEqual(['#EXT-X-PRELOAD-HINT:TYPE=PART,URI="105.1.mp4"']);
    expect(tagsOf(text, 'DISCONTINUITY')).toHaveLength(1);
  });

  it('tells of a camera that was started again, and of its new size', () => {
    const pictures = new Pictures();
    pictures.groups(2);
    pictures.restart(3);
    pictures.init = Buffer.from('another size');
    pictures.groups(2);
    const lines = pictures.text.split('\n');
    const jump = lines.indexOf('#EXT-X-DISCONTINUITY');
    expect(lines[jump - 1]).toBe('101.mp4');
    expect(lines[jump + 1]).toBe('#EXT-X-MAP:URI="init-102.mp4"');
    expect(pictures.segments.init(102)?.toString()).toBe('another size');
    expect(pictures.segments.init(100)).toBe(init);
  });

  it('keeps count of the jumps that it no longer tells of', () => {
    const pictures = new Pictures();
    const count = (): number => Number(/DISCONTINUITY-SEQUENCE:(\d+)/.exec(pictures.text)?.[1]);
    pictures.groups(2);
    const before = count();
    pictures.restart(3);
    pictures.groups(2);
    expect(count()).toBe(before);
    pictures.groups(10);
    expect(count()).toBe(before + 1);
    expect(pictures.text).not.toContain('#EXT-X-DISCONTINUITY\n');
  });

  it('lists no segment again that it no longer listed, also when a longer one follows', () => {
    const pictures = new Pictures();
    const first = (): number => Number(/MEDIA-SEQUENCE:(\d+)/.exec(pictures.text)?.[1]);
    pictures.groups(9);
    const before = first();
    expect(before).toBeGreaterThan(100);
    // The network stalls, and the last segment gets longer than all before.
    pictures.add(5);
    pictures.groups(1);
    expect(pictures.text).toContain('#EXT-X-TARGETDURATION:7\n');
    expect(first()).toBe(before);
    pictures.groups(20);
    expect(first()).toBeGreaterThan(before);
  });

  it('has its addresses from whoever sends it', () => {
    const pictures = new Pictures();
    pictures.groups(2);
    const text = playlist(pictures.segments, (name) => `hls/${name}?token=x`);
    expect(text).toContain('#EXT-X-MAP:URI="hls/init-100.mp4?token=x"\n');
    expect(text).toContain('\nhls/100.mp4?token=x\n');
    expect(text).toContain('URI="hls/101.0.mp4?token=x"');
  });

  it('begin with their initialisation segment after a discontinuity, for players that do not load it again', () => {
    const pictures = new Pictures();
    pictures.groups(1);
    pictures.init = Buffer.from('other');
    pictures.groups(2);
    pictures.add(0.1, true);
    const begins = (repeatInit: boolean): readonly (string | undefined)[] =>
      [100, 101, 102].map((number) => pictures.segments.segment(number, { repeatInit })?.toString().slice(0, 6));
    expect(begins(false)).toEqual(['K1 p2 ', 'K21 p2', 'K41 p4']);
    expect(begins(true)).toEqual(['K1 p2 ', 'otherK', 'K41 p4']);
  });
});
