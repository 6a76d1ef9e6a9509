import { expect, it } from 'vitest';
import type { Frame } from '../../domain/media/frame.ts';
import { Fmp4AudioTrack } from './fmp4-audio-track.ts';

function piece(sequence: number, capturedAt: number): Frame {
  return { bytes: Buffer.from('audio'), sequence, capturedAt, keyframe: false, width: 0, height: 0 };
}

it('an audio track has no gaps where times are rounded, and one where audio is missing', () => {
  const track = new Fmp4AudioTrack('opus', 0);
  const starts = [0, 20.4, 39.7, 60, 200, 190].map((time, index) => track.place(piece(index, time)).start);
  expect(starts).toEqual([0, 960, 1_920, 2_880, 9_600, 9_601]);
});

it("an audio track stays with the capture times for hours, whether the camera's clock is fast or slow", () => {
  for (const speed of [0.999, 1.001]) {
    const track = new Fmp4AudioTrack('aac', 0);
    const length = (1_024 / 48) * speed;
    const late = Array.from({ length: 50_000 }, (_, index) => {
      const { start } = track.place(piece(index, index * length));
      return { start, by: Math.abs(start / 48 - index * length) };
    });
    expect(Math.max(...late.map(({ by }) => by))).toBeLessThan(11);
    expect(late.every(({ start }, index) => index === 0 || start > (late[index - 1]?.start ?? 0))).toBe(true);
  }
});

it('an audio track counts time from its origin', () => {
  const track = new Fmp4AudioTrack('aac', 1_000);
  const places = [1_500, 1_500 + (1_024 / 48_000) * 1_000].map((time, index) => track.place(piece(index, time)));
  expect(places).toEqual([
    { number: 1, start: 24_000 },
    { number: 2, start: 25_024 },
  ]);
});
