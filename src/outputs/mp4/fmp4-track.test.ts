import { execFileSync } from 'node:child_process';
import { createFile, type ISOFile, MP4BoxBuffer } from 'mp4box';
import { describe, expect, it } from 'vitest';
import { makeH264 } from '../../../test/support/h264-clip.ts';
import { lacks, programPath } from '../../../test/support/programs.ts';
import type { Frame } from '../../domain/media/frame.ts';
import { annexB } from '../../formats/h264/h264.ts';
import { Fmp4Track } from './fmp4-track.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** Parameter sets as x264 writes them: constrained baseline, 640 × 480; and high, 1920 × 1080. */
const baseline = { sps: hex('6742c01eda0280f6c044000003000400000300f03c58ba80'), pps: hex('68ce0fc8') };
const high = { sps: hex('67640028acd940780227e5c044000003000400000300f03c60c658'), pps: hex('68ebecb22c') };
const idr = hex('65888401');
const slice = hex('419a2201');

/** Parses a file with mp4box. */
function parse(bytes: Buffer): ISOFile {
  const file = createFile();
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(new Uint8Array(bytes).buffer, 0));
  file.flush();
  return file;
}

function frame(sequence: number, capturedAt: number, keyframe = false, sets = baseline): Frame {
  const bytes = annexB(keyframe ? [sets.sps, sets.pps, idr] : [slice]);
  return { bytes, sequence, capturedAt, keyframe, width: 640, height: 480 };
}

describe('Fmp4Track', () => {
  it('has no gaps: each frame lasts from the capture of the one before to its own', () => {
    const track = new Fmp4Track(0);
    const times = [1_000_000, 1_000_033, 1_000_067, 1_000_200, 1_000_233];
    const places = times.map((time, index) => track.place(frame(index, time, index === 0)));
    places.slice(1).forEach((place, index) => {
      const before = places[index];
      expect(place.start).toBe((before?.start ?? 0) + (before?.duration ?? 0));
    });
    expect(places.map(({ duration }) => duration / 90)).toEqual([100 / 3, 33, 34, 133, 33]);
    expect(places.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
  });

  it('moves forward even if the clock stands still or goes back', () => {
    const track = new Fmp4Track(-1_000);
    const places = [5_000, 5_000, 4_000, 5_010].map((time, index) => track.place(frame(index, time, index === 0)));
    const starts = places.map(({ start }) => start);
    expect(starts).toEqual([...new Set(starts)].sort((a, b) => a - b));
    expect(Math.min(...places.map(({ duration }) => duration))).toBeGreaterThan(0);
  });

  it('continues at the current time with the first keyframe after a long pause', () => {
    const track = new Fmp4Track(-1_000);
    track.place(frame(1, 0, true));
    track.place(frame(2, 40));
    const back = track.place(frame(3, 60_040, true));
    expect(back.duration).toBe(40 * 90);
    expect(back.start + back.duration).toBe(61_040 * 90);
  });

  it('makes a new initialisation segment only if the parameter sets change', () => {
    const track = new Fmp4Track(-1_000);
    const [first, second, third] = [frame(1, 0, true), frame(2, 40, true), frame(3, 80, true, high)];
    expect(track.init(second)).toBe(track.init(first));
    expect(track.init(third)).not.toBe(track.init(first));
    const options = { audio: 'aac', frameDuration: 3_000 } as const;
    expect(track.init(second, options)).toBe(track.init(first, options));
    expect(track.init(second, options)).not.toBe(track.init(second, { audio: 'aac' }));
    expect(track.init(third, options)).not.toBe(track.init(second, options));
    expect(parse(track.init(third)).getInfo().videoTracks[0]?.track_width).toBe(1_920);
  });

  it.skipIf(lacks('ffprobe'))('is decoded to its end by FFmpeg if the size changes in between', async () => {
    const track = new Fmp4Track(0);
    const clips = [await makeH264(3, 320, 240), await makeH264(3, 640, 480)];
    const frames = clips.flatMap((units) => units.map((bytes, index) => ({ bytes, keyframe: index === 0 })));
    const bytes = frames.flatMap((each, index) => {
      const made = { ...each, sequence: index, capturedAt: index * 40, width: 0, height: 0 };
      track.place(made);
      return made.keyframe ? [track.init(made), track.fragment(made)] : [track.fragment(made)];
    });
    const probe = ['-v', 'error', '-show_entries', 'frame=width', '-of', 'csv=p=0', '-'];
    const sizes = execFileSync(programPath('ffprobe'), probe, { input: Buffer.concat(bytes), encoding: 'utf8' });
    expect(sizes.match(/\d+/g)).toEqual(['320', '320', '320', '640', '640', '640']);
  });
});
