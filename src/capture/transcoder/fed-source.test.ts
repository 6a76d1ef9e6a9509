import { describe, expect, it } from 'vitest';
import { pastFrame } from '../../channel/frames.ts';
import type { Frame } from '../../domain/media/frame.ts';
import type { VideoTrack } from '../../domain/media/tracks.ts';
import { FedSource } from './fed-source.ts';

const size = { width: 320, height: 240 };

function source(codec: VideoTrack['codec']) {
  const told = { dropped: 0 };
  return { told, fed: new FedSource({ codec, ...size, fps: 25 }, (count) => (told.dropped += count)) };
}

function frame(sequence: number, keyframe: boolean, length = 10): Frame {
  return { bytes: Buffer.alloc(length, 1), sequence, capturedAt: 1, keyframe, ...size };
}

/** The numbers of the next frames; `past` for those that are only decoded. */
async function read(fed: FedSource, count: number): Promise<readonly (number | 'past')[]> {
  const numbers: (number | 'past')[] = [];
  for (let left = count; left > 0; left -= 1) {
    const captured = await fed.read();
    if (captured.kind !== 'packet') throw new TypeError('no packet');
    captured.packet.free();
    numbers.push(captured.isPast === true ? 'past' : (captured.sequence ?? NaN));
  }
  return numbers;
}

describe('a source that is fed', () => {
  it('delivers frames in order, those that only a decoder needs as past', async () => {
    const { fed, told } = source('h264');
    const waiting = read(fed, 3);
    fed.take(frame(pastFrame, true));
    fed.take(frame(7, false));
    fed.take(frame(8, false));
    expect(await waiting).toEqual(['past', 7, 8]);
    expect(told.dropped).toBe(0);
  });

  it('keeps only the newest JPEG', async () => {
    const { fed, told } = source('jpeg');
    for (const sequence of [1, 2, 3]) fed.take(frame(sequence, true));
    expect(await read(fed, 1)).toEqual([3]);
    expect(told.dropped).toBe(2);
  });

  it('skips to a keyframe when the decoder is behind', async () => {
    const { fed, told } = source('h265');
    fed.take(frame(1, true));
    for (let sequence = 2; sequence <= 10; sequence += 1) fed.take(frame(sequence, false));
    fed.take(frame(11, true));
    expect(await read(fed, 1)).toEqual([11]);
    expect(told.dropped).toBe(10);
  });

  it.each([
    ['frames', 400, 10],
    ['bytes', 12, 1024 * 1024],
  ])('holds a limited number of %s, and continues with a keyframe', async (_unit, count, length) => {
    const { fed, told } = source('h264');
    fed.take(frame(1, true, length));
    for (let sequence = 2; sequence <= count; sequence += 1) fed.take(frame(sequence, false, length));
    fed.take(frame(1_000, true));
    fed.take(frame(1_001, false));
    expect(await read(fed, 2)).toEqual([1_000, 1_001]);
    expect(told.dropped).toBe(count);
  });

  it('ends a pending read when it is closed', async () => {
    const { fed } = source('h264');
    const pending = fed.read();
    await fed.close();
    await expect(pending).rejects.toMatchObject({ code: 'source_ended' });
  });
});
