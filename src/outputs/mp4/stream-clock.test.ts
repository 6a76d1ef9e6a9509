import { describe, expect, it } from 'vitest';
import type { Frame } from '../../domain/media/frame.ts';
import { annexB } from '../../formats/h264/h264.ts';
import { Fmp4AudioTrack } from './fmp4-audio-track.ts';
import { Fmp4Track } from './fmp4-track.ts';
import { StreamClock } from './stream-clock.ts';

const day = 86_400_000;

function frame(sequence: number, capturedAt: number): Frame {
  const bytes = annexB([Buffer.from(sequence === 0 ? '65888401' : '419a2201', 'hex')]);
  return { bytes, sequence, capturedAt, keyframe: sequence === 0, width: 640, height: 480 };
}

const timeOf = (fragment: Buffer | null): number | undefined =>
  fragment === null ? undefined : Number(fragment.readBigUInt64BE(60));

describe("a viewer's times", () => {
  it('begin at 0 with its own first frame, however long the server has been up', () => {
    const track = new Fmp4Track(0);
    const [first, second, third] = [frame(0, day), frame(1, day + 40), frame(2, day + 80)];
    const [early, late] = [new StreamClock(), new StreamClock()];
    expect([first, second, third].map((each) => timeOf(early.video(track, each)))).toEqual([0, 3_000, 6_600]);
    expect([second, third].map((each) => timeOf(late.video(track, each)))).toEqual([0, 3_600]);
  });

  it('keep audio and video in sync, and leave out audio from before the first frame', () => {
    const [track, audio] = [new Fmp4Track(0), new Fmp4AudioTrack('aac', 0)];
    const clock = new StreamClock();
    expect(clock.audio(audio, frame(0, day - 20))).toBeNull();
    clock.video(track, frame(0, day));
    // The first frame lasts from a thirtieth of a second before its capture.
    expect(timeOf(clock.audio(audio, frame(0, day + 20)))).toBe(Math.round((20 + 1_000 / 30) * 48));
  });
});
