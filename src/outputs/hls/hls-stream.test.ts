import { afterEach, expect, it, vi } from 'vitest';
import type { FrameSource } from '../../fanout/frame-source.ts';
import { Fmp4Tracks } from '../mp4/fmp4-track.ts';
import { HlsStream, HlsStreams } from './hls-stream.ts';

const frames: FrameSource = { subscribe: () => () => undefined, requestKeyframe: () => undefined };

function opener(streams: HlsStreams): () => HlsStream {
  const rendition = { codec: 'h264', width: 640 } as const;
  return () =>
    streams.of('7', (options) => {
      return new HlsStream(frames, { camera: 'front', rendition, track: new Fmp4Tracks().of(7), ...options });
    });
}

afterEach(() => {
  vi.useRealTimers();
});

it('a stream is forgotten when its last player has left, and another one takes its place', () => {
  const streams = new HlsStreams();
  const open = opener(streams);
  const first = open();
  const players = ['one', 'other'].map((name) => first.join(name));
  expect([open(), streams.size]).toEqual([first, 1]);
  players[0]?.close();
  expect([open(), streams.size]).toEqual([first, 1]);
  players[1]?.close();
  expect(streams.size).toBe(0);
  expect(open()).not.toBe(first);
});

it('no stream begins with a lower number than one before, also after the clock was set back', () => {
  const open = opener(new HlsStreams());
  const first = open();
  const { nextNumber } = first;
  first.join('one').close();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 });
  const second = open();
  expect(second).not.toBe(first);
  expect(second.nextNumber).toBeGreaterThanOrEqual(nextNumber);
});
