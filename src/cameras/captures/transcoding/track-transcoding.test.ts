import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pastFrame } from '../../../channel/frames.ts';
import { PortholeError, type Problem } from '../../../domain/errors.ts';
import type { Frame } from '../../../domain/media/frame.ts';
import { TrackTranscoding } from './track-transcoding.ts';
import type { FeedEvents } from './transcoder-process.ts';

const size = { width: 640, height: 480 };

function frame(sequence: number, keyframe = false): Frame {
  return { bytes: Buffer.from([sequence]), sequence, capturedAt: 0, keyframe, ...size };
}

/** A Transcoding whose processes the test plays. */
function start({ gop = [] as readonly Frame[], fails = false } = {}) {
  const told = { sent: [] as number[], problems: [] as Problem[], warnings: 0, hosts: [] as FeedEvents[], ended: 0 };
  const transcoding = new TrackTranscoding(
    {
      camera: {},
      track: { codec: 'h264', ...size, fps: 25 },
      renditions: [{ id: 1, codec: 'jpeg', width: 320 }],
      begin: () => gop,
      events: {
        frame: () => undefined,
        dropped: () => undefined,
        warning: () => void (told.warnings += 1),
        failed: (problem) => void told.problems.push(problem),
      },
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    },
    () => {
      if (fails) throw new PortholeError('out_of_resources');
      return {
        open: (_options, events) => told.hosts.push(events),
        want: () => undefined,
        take: (_feed, { sequence }) => void told.sent.push(sequence),
        requestKeyframe: () => undefined,
        close: () => undefined,
        end: () => {
          told.ended += 1;
          told.hosts.at(-1)?.died(new PortholeError('capture_crashed'));
        },
      };
    },
  );
  transcoding.start();
  return { transcoding, told };
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

describe('a Transcoding', () => {
  it('sends what the decoder starts with once it is open, of which only the newest frame is encoded', () => {
    const { transcoding, told } = start({ gop: [frame(1, true), frame(2), frame(3)] });
    transcoding.take(frame(3));
    expect(told.sent).toEqual([]);
    told.hosts[0]?.opened();
    transcoding.take(frame(4));
    expect(told.sent).toEqual([pastFrame, pastFrame, 3, 4]);
  });

  it('goes on in another process after a crash, and tells of the second one in a row until a frame comes', () => {
    const { told } = start();
    told.hosts[0]?.died(new PortholeError('capture_crashed'));
    expect(told.problems).toEqual([]);
    vi.advanceTimersByTime(200);
    told.hosts[1]?.died(new PortholeError('capture_crashed'));
    expect(told.problems).toMatchObject([{ code: 'capture_crashed' }]);
    vi.advanceTimersByTime(400);
    expect([told.hosts.length, told.warnings]).toEqual([3, 0]);
    told.hosts[2]?.frame(1, frame(1));
    expect(told.warnings).toBe(1);
  });

  it('waits longer from failure to failure', () => {
    const { told } = start();
    for (let attempt = 0; attempt < 8; attempt += 1) {
      told.hosts.at(-1)?.failed(new PortholeError('video_damaged').toJSON());
      vi.advanceTimersByTime(10_000);
    }
    const before = told.hosts.length;
    told.hosts.at(-1)?.failed(new PortholeError('video_damaged').toJSON());
    vi.advanceTimersByTime(5_000);
    expect(told.hosts.length).toBe(before);
  });

  it('ends a process from which nothing comes back', () => {
    const { transcoding, told } = start();
    told.hosts[0]?.opened();
    for (let sequence = 1; sequence <= 200; sequence += 1) {
      vi.advanceTimersByTime(100);
      if (sequence === 50) told.hosts[0]?.frame(1, frame(sequence));
      transcoding.take(frame(sequence));
      if (sequence === 199) expect(told.ended).toBe(0);
    }
    transcoding.take(frame(201));
    expect(told.ended).toBe(1);
  });

  it('leaves a process alone that waits for the keyframe of a long GOP', () => {
    const { transcoding, told } = start();
    told.hosts[0]?.opened();
    for (let sequence = 1; sequence <= 300; sequence += 1) {
      vi.advanceTimersByTime(100);
      transcoding.take(frame(sequence));
    }
    expect(told.ended).toBe(0);
    for (let sequence = 301; sequence <= 600; sequence += 1) {
      vi.advanceTimersByTime(100);
      transcoding.take(frame(sequence, sequence === 301));
    }
    expect(told.ended).toBe(1);
  });

  it('tells if there is no process for it', () => {
    const { told } = start({ fails: true });
    expect(told.problems).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(told.problems).toMatchObject([{ code: 'out_of_resources' }]);
  });
});
