import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { seeded } from '../../../test/support/mutations.ts';
import { initName, type LivePlaylist, parseName, partName, playlist, segmentName } from './playlist.ts';

describe('parseName', () => {
  it('reads the names of segments, parts and initialisation segments', () => {
    const number = fc.nat({ max: 10 ** 15 - 1 });
    fc.assert(
      fc.property(number, fc.nat({ max: 9_999 }), (segment, part) => {
        expect(parseName(segmentName(segment))).toEqual({ kind: 'segment', number: segment });
        expect(parseName(initName(segment))).toEqual({ kind: 'init', number: segment });
        expect(parseName(partName(segment, part))).toEqual({ kind: 'part', number: segment, part });
      }),
      seeded(300),
    );
  });

  it.each(['', '1', '1.mp4 ', 'init-1.2.mp4', '1.2.3.mp4', '-1.mp4', '../1.mp4', '1'.repeat(16) + '.mp4', '1.mp4\n'])(
    'refuses %j',
    (name) => {
      expect(parseName(name)).toBeNull();
    },
  );
});

/** Playlists of any lengths; numbers follow each other as they do in a stream. */
const playlists: fc.Arbitrary<LivePlaylist> = fc
  .record({
    first: fc.nat({ max: 10_000 }),
    segments: fc.array(
      fc.record({
        changesInit: fc.boolean(),
        jumps: fc.boolean(),
        independent: fc.boolean(),
        parts: fc.array(
          fc.record({ duration: fc.double({ min: 0.01, max: 2, noNaN: true }), independent: fc.boolean() }),
          {
            minLength: 1,
            maxLength: 5,
          },
        ),
      }),
      { maxLength: 8 },
    ),
    hasOpen: fc.boolean(),
  })
  .map(({ first, segments, hasOpen }) => {
    let [init, discontinuity] = [first, 0];
    const all = segments.map(({ changesInit, jumps, independent, parts }, index) => {
      if (changesInit) init = first + index;
      if (jumps) discontinuity += 1;
      const duration = parts.reduce((sum, part) => sum + part.duration, 0);
      return { number: first + index, init, discontinuity, startsAt: index * 1_000, parts, duration, independent };
    });
    const open = hasOpen ? (all.at(-1) ?? null) : null;
    const listed = open === null ? all : all.slice(0, -1);
    const durations = all.map(({ duration }) => duration);
    const partTarget = Math.max(0.5, ...all.flatMap(({ parts }) => parts.map(({ duration }) => duration)));
    return { listed, open, nextNumber: first + all.length, target: Math.ceil(Math.max(2, ...durations)), partTarget };
  });

describe('playlist', () => {
  it('lists every complete segment once, in order, with its duration', () => {
    fc.assert(
      fc.property(playlists, (live) => {
        const lines = playlist(live, (name) => name).split('\n');
        const found = lines.flatMap((line, index) => {
          const [, duration] = /^#EXTINF:([\d.]+),$/.exec(line) ?? [];
          return duration === undefined ? [] : [[parseName(lines[index + 1] ?? ''), duration]];
        });
        expect(found).toEqual(
          live.listed.map(({ number, duration }) => [{ kind: 'segment', number }, duration.toFixed(5)]),
        );
      }),
      seeded(300),
    );
  });

  it('names the initialisation segment before anything that needs it, and every discontinuity', () => {
    fc.assert(
      fc.property(playlists, (live) => {
        const text = playlist(live, (name) => name);
        const all = [...live.listed, ...(live.open === null || live.open.parts.length === 0 ? [] : [live.open])];
        const jumps = all.slice(1).filter((each, index) => each.discontinuity !== all[index]?.discontinuity);
        expect(text.match(/^#EXT-X-DISCONTINUITY$/gm) ?? []).toHaveLength(jumps.length);
        let init: number | null = null;
        for (const line of text.split('\n')) {
          const name = parseName(/URI="([^"]+)"/.exec(line)?.[1] ?? line);
          if (name === null) continue;
          if (name.kind === 'init') init = name.number;
          else if (name.kind === 'segment' || !line.includes('PRELOAD-HINT')) {
            expect(init).toBe(all.find(({ number }) => number === name.number)?.init);
          }
        }
      }),
      seeded(300),
    );
  });

  it('writes URIs as the caller maps them', () => {
    const part = { duration: 0.5, independent: true };
    const segment = {
      number: 7,
      init: 7,
      discontinuity: 0,
      startsAt: 0,
      parts: [part],
      duration: 0.5,
      independent: true,
    };
    const live = { listed: [segment], open: { ...segment, number: 8 }, nextNumber: 9, target: 2, partTarget: 0.5 };
    const text = playlist(live, (name) => `hls/${name}?token=x`);
    expect(text).toContain('#EXT-X-MAP:URI="hls/init-7.mp4?token=x"\n');
    expect(text).toContain('\nhls/7.mp4?token=x\n');
    expect(text).toContain('#EXT-X-PRELOAD-HINT:TYPE=PART,URI="hls/8.1.mp4?token=x"\n');
  });
});
