import { expect, it } from 'vitest';
import type { FrameSource } from '../../fanout/frame-source.ts';
import { Fmp4Tracks } from '../mp4/fmp4-track.ts';
import { HlsStream, HlsStreams } from './hls-stream.ts';

const frames: FrameSource = { subscribe: () => () => undefined, requestKeyframe: () => undefined };

it('a stream is forgotten when its last player has left, and another one takes its place', () => {
  const streams = new HlsStreams();
  const open = (): HlsStream =>
    streams.of('7', (onEnd) => {
      const rendition = { codec: 'h264', width: 640 } as const;
      return new HlsStream(frames, { camera: 'front', rendition, track: new Fmp4Tracks().of(7), onEnd });
    });
  const first = open();
  const players = ['one', 'other'].map((name) => first.join(name));
  expect([open(), streams.size]).toEqual([first, 1]);
  players[0]?.close();
  expect([open(), streams.size]).toEqual([first, 1]);
  players[1]?.close();
  expect(streams.size).toBe(0);
  expect(open()).not.toBe(first);
});
