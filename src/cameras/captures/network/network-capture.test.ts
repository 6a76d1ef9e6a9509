import { describe, expect, it, vi } from 'vitest';
import { PortholeError } from '../../../domain/errors.ts';
import { aac, frame, h264, PlayedCamera } from './testing.ts';

const original = { id: 1, codec: 'h264', width: 'source' } as const;
const jpeg = { id: 2, codec: 'jpeg', width: 320 } as const;
/** Lets the media close. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a camera that is read in the server', () => {
  it('is live with its first keyframe, whose frames pass as they are', () => {
    const camera = new PlayedCamera();
    camera.open([original]);
    camera.tracks();
    camera.video(frame(1, false));
    expect(camera.ready).toEqual([]);
    camera.video(frame(2, true), frame(3, false));
    expect(camera.ready).toEqual([{ format: 'h264', width: 640, height: 480, fps: 25, passthrough: 'h264' }]);
    expect(camera.frames).toEqual([
      [1, 2],
      [1, 3],
    ]);
    expect(camera.transcodings).toEqual([]);
  });

  it('gives a new Rendition the GOP so far', async () => {
    const camera = new PlayedCamera();
    const capture = camera.open([]);
    camera.tracks();
    camera.video(frame(1, true), frame(2, false));
    capture.want([{ ...original, id: 5 }]);
    expect(camera.frames).toEqual([]);
    await turn();
    camera.video(frame(3, false));
    expect(camera.frames.map(([, sequence]) => sequence)).toEqual([1, 2, 3]);
  });

  it('has other Renditions transcoded while somebody wants them, from the GOP on', () => {
    const camera = new PlayedCamera();
    const capture = camera.open([original]);
    camera.tracks();
    camera.video(frame(1, true), frame(2, false));
    capture.want([original, jpeg]);
    camera.video(frame(3, false));
    const [transcoding] = camera.transcodings;
    expect(transcoding).toMatchObject({ track: h264, wanted: [jpeg], closed: false });
    expect(transcoding?.begin().map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(transcoding?.taken.map(({ sequence }) => sequence)).toEqual([3]);
    capture.requestKeyframe(jpeg.id);
    expect(transcoding?.keyframes).toEqual([jpeg.id]);
    capture.want([original]);
    expect(transcoding?.closed).toBe(true);
  });

  it.each([
    ['H.265', { ...h264, codec: 'h265' } as const, frame(1, true)],
    ['H.264 with B frames', h264, frame(1, false, { bytes: Buffer.from([0, 0, 1, 0x01, 0xa8]) })],
  ])('has all Renditions of %s transcoded, whose failure ends it', async (_name, video, first) => {
    const camera = new PlayedCamera();
    camera.open([original]);
    camera.tracks({ video });
    camera.video(first, frame(2, true));
    expect(camera.ready[0]).not.toHaveProperty('passthrough');
    expect(camera.frames).toEqual([]);
    expect(camera.transcodings[0]?.wanted).toEqual([original]);
    camera.transcodings[0]?.events.failed(new PortholeError('video_damaged').toJSON());
    await turn();
    expect(camera.ends).toMatchObject([{ reason: 'failed', problem: { code: 'video_damaged' } }]);
    expect(camera.mediaClosed).toBe(1);
  });

  it('says in words which Renditions cannot be made, and goes on with the others', () => {
    const camera = new PlayedCamera();
    const capture = camera.open([original, jpeg]);
    camera.tracks();
    camera.video(frame(1, true));
    camera.transcodings[0]?.events.failed(new PortholeError('video_damaged').toJSON());
    expect(camera.changed.at(-1)).toHaveProperty('warning');
    camera.video(frame(2, false));
    expect(camera.frames.at(-1)).toEqual([1, 2]);
    capture.want([original]);
    expect(camera.changed.at(-1)).not.toHaveProperty('warning');
  });

  it('passes audio on that outputs take, and has other audio transcoded', () => {
    const camera = new PlayedCamera();
    camera.open([
      { id: 3, codec: 'aac', width: 'source' },
      { id: 4, codec: 'opus', width: 'source' },
    ]);
    camera.tracks({ audio: aac });
    camera.audio(Buffer.from([1]));
    expect(camera.frames).toEqual([[3, 0]]);
    expect(camera.transcodings.map(({ wanted }) => wanted.map(({ id }) => id))).toEqual([[4]]);
    camera.tracks({ audio: { codec: 'pcma', rate: 8_000, channels: 1, config: null } });
    expect(camera.transcodings.map(({ wanted, closed }) => [wanted.map(({ id }) => id), closed])).toEqual([
      [[4], true],
      [[3, 4], false],
    ]);
  });

  it('awaits announced audio while its video is shown', () => {
    const camera = new PlayedCamera();
    camera.open([original]);
    camera.tracks({ awaitsAudio: true });
    camera.video(frame(1, true));
    expect(camera.ready).toMatchObject([{ awaitsAudio: true }]);
    camera.tracks({ audio: aac });
    expect(camera.changed).toMatchObject([{ audio: true }]);
    expect(camera.changed[0]).not.toHaveProperty('awaitsAudio');
  });

  it('changes its format once when its audio comes, and once when it does not', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      for (const audio of [aac, null]) {
        const camera = new PlayedCamera();
        camera.open([original]);
        camera.tracks({ awaitsAudio: true });
        camera.video(frame(1, true));
        if (audio !== null) camera.tracks({ audio });
        vi.advanceTimersByTime(10_000);
        expect(camera.changed).toHaveLength(1);
      }
    } finally {
      vi.useRealTimers();
    }
  });

  it('is read by FFmpeg if the server cannot, also the next time, until its address is another one', async () => {
    const camera = new PlayedCamera();
    await camera.open([original]).close();
    camera.open([original]);
    camera.end('MPEG-TS over RTP');
    await turn();
    expect(camera.lines).toEqual([[{ pid: 1, reason: 'MPEG-TS over RTP' }, expect.stringContaining('FFmpeg')]]);
    expect(camera.forked).toHaveLength(1);
    camera.open([original]);
    expect(camera.forked).toHaveLength(2);
    camera.open([original], 'rtsp://camera/2');
    expect([camera.forked.length, camera.lines.length]).toEqual([2, 1]);
  });

  it('fails with the words of its media', async () => {
    const camera = new PlayedCamera();
    camera.open([original]);
    camera.end(new PortholeError('source_unauthorized'));
    await turn();
    expect(camera.ends).toMatchObject([{ reason: 'failed', problem: { code: 'source_unauthorized' } }]);
  });
});
