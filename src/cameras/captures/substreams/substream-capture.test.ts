import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PortholeError } from '../../../domain/errors.ts';
import { parseSource, type ResolvedSource } from '../../../domain/cameras/source.ts';
import type { VideoFormat, WantedRendition } from '../../../domain/media/media.ts';
import { FakeCapture, silentLog } from '../../lifecycle/testing.ts';
import type { Capture, CaptureEnd, Captures } from '../capture.ts';
import { KnownStream, KnownStreams, type StreamName } from './known-streams.ts';
import { SubstreamCapture } from './substream-capture.ts';

const tile: WantedRendition = { id: 1, codec: 'h264', width: 320 };
const still: WantedRendition = { id: 2, codec: 'jpeg', width: 320 };
const whole: WantedRendition = { id: 3, codec: 'h264', width: 'source' };
const sound: WantedRendition = { id: 4, codec: 'aac', width: 'source' };
const large: VideoFormat = { format: 'h264', width: 1280, height: 720, fps: 25, passthrough: 'h264' };
const small: VideoFormat = { format: 'h264', width: 640, height: 360, fps: 15, passthrough: 'h264' };

/** A camera whose two streams a test drives. */
class TwoStreams {
  readonly opened: Record<StreamName, FakeCapture[]> = { main: [], sub: [] };
  readonly frames: (readonly [id: number, width: number, sequence: number])[] = [];
  readonly formats: VideoFormat[] = [];
  readonly captured: number[] = [];
  ended: CaptureEnd | null = null;
  readonly known: KnownStreams;
  capture: Capture | null = null;

  constructor() {
    const stream = (name: StreamName) =>
      new KnownStream(name, silentLog, async (): Promise<ResolvedSource> => ({
        source: parseSource(`rtsp://cam/${name}`),
      }));
    this.known = new KnownStreams(stream('main'), stream('sub'));
  }

  /** Opens it as a lifecycle does. */
  async open(...renditions: readonly WantedRendition[]): Promise<this> {
    const open: Captures['rtsp'] = (options) => {
      const capture = new FakeCapture(options);
      this.opened[JSON.stringify(options.source.source).includes('/main') ? 'main' : 'sub'].push(capture);
      return capture;
    };
    const abort = new AbortController();
    this.capture = SubstreamCapture.open(
      {
        source: { source: parseSource('rtsp://cam/main') },
        renditions,
        events: {
          opening: () => undefined,
          ready: (video) => this.formats.push(video),
          changed: (video) => this.formats.push(video),
          frame: (id, { width, sequence }) => this.frames.push([id, width, sequence]),
          stats: ({ captured }) => this.captured.push(captured),
          ended: (end) => (this.ended = end),
        },
        signal: abort.signal,
        log: silentLog,
      },
      this.known,
      { test: open, v4l2: open, rtsp: open, http: open, file: open },
    );
    await settle();
    return this;
  }

  get main(): FakeCapture {
    return this.opened.main.at(-1) as FakeCapture;
  }

  get sub(): FakeCapture {
    return this.opened.sub.at(-1) as FakeCapture;
  }

  async want(...renditions: readonly WantedRendition[]): Promise<void> {
    this.capture?.want(renditions);
    await settle();
  }

  async fail(name: StreamName): Promise<void> {
    const problem = new PortholeError('source_not_found').toJSON();
    this[name].options.events.ended({ reason: 'failed', problem, detail: '' });
    await settle();
  }
}

const settle = () => vi.advanceTimersByTimeAsync(0);
const widths = ({ wanted }: FakeCapture) => wanted.map(({ codec, width }) => [codec, width]);

describe('a camera with two streams', () => {
  beforeEach(() =>
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'] }),
  );
  afterEach(() => vi.useRealTimers());

  it('has one stream open while that is enough, and the other one only while somebody needs it', async () => {
    const camera = await new TwoStreams().open(tile, still);
    camera.sub.goLive(small);
    expect(widths(camera.sub)).toEqual([
      ['h264', 'source'],
      ['jpeg', 320],
    ]);
    expect(camera.opened.main).toEqual([]);
    expect(camera.formats).toEqual([{ ...small, isSubstream: true, substream: { width: 640, passthrough: 'h264' } }]);
    await camera.want(tile, whole);
    camera.main.goLive(large);
    expect(camera.formats.at(-1)).toEqual({ ...large, substream: { width: 640, passthrough: 'h264' } });
    expect([widths(camera.main), widths(camera.sub)]).toEqual([[['h264', 'source']], [['h264', 'source']]]);
    await camera.want(tile);
    await vi.advanceTimersByTimeAsync(8_000);
    expect([camera.main.closed, camera.sub.closed]).toEqual([true, false]);
    // The camera still is as large as it was.
    expect(camera.formats.at(-1)).toMatchObject({ width: 1280, substream: { width: 640 } });
    await camera.want(whole);
    await vi.advanceTimersByTimeAsync(8_000);
    expect([camera.opened.main.length, camera.sub.closed]).toEqual([2, true]);
    await camera.capture?.close();
    expect(camera.main.closed).toBe(true);
  });

  it('whose sub-stream is too small has the main one make what it cannot', async () => {
    const camera = await new TwoStreams().open({ ...tile, width: 480 });
    camera.sub.goLive({ ...small, width: 352, height: 288 });
    await settle();
    expect(widths(camera.main)).toEqual([['h264', 480]]);
    await camera.capture?.close();
  });

  it('changes streams at a keyframe, without a gap and with numbers that count on', async () => {
    const camera = await new TwoStreams().open(tile);
    await camera.fail('sub');
    camera.main.goLive(large);
    camera.main.deliver({ width: 320, sequence: 70 });
    camera.main.deliver({ width: 320, sequence: 71, keyframe: false });
    await vi.advanceTimersByTimeAsync(8_000);
    camera.sub.goLive(small);
    camera.sub.deliver({ sequence: 5, keyframe: false });
    camera.main.deliver({ width: 320, sequence: 72, keyframe: false });
    camera.sub.deliver({ sequence: 6 });
    await settle();
    expect(widths(camera.main)).toEqual([]);
    camera.main.deliver({ width: 320, sequence: 73 });
    camera.sub.deliver({ sequence: 8, keyframe: false });
    expect(camera.frames).toEqual([
      [1, 320, 70],
      [1, 320, 71],
      [1, 320, 72],
      [1, 640, 73],
      [1, 640, 75],
    ]);
    await camera.capture?.close();
  });

  it('says in words that its sub-stream fails, and tries it again later and later', async () => {
    const camera = await new TwoStreams().open(tile);
    await camera.fail('sub');
    camera.main.goLive(large);
    expect(camera.formats.at(-1)?.warning).toMatchObject({
      key: 'camera_substream_fails',
      values: { why: { key: 'error_source_not_found' } },
    });
    await vi.advanceTimersByTimeAsync(6_000);
    expect(camera.opened.sub).toHaveLength(2);
    await camera.fail('sub');
    await vi.advanceTimersByTimeAsync(6_000);
    expect(camera.opened.sub).toHaveLength(2);
    // The next Capture of the camera knows it.
    await camera.capture?.close();
    await camera.open(tile);
    expect([camera.opened.main.length, camera.opened.sub.length]).toEqual([2, 2]);
    camera.main.goLive(large);
    expect(camera.formats.at(-1)).toHaveProperty('warning');
    await camera.capture?.close();
  });

  it('does not wait for a sub-stream that sends nothing', async () => {
    const camera = await new TwoStreams().open(tile);
    await vi.advanceTimersByTimeAsync(7_000);
    camera.main.goLive(large);
    camera.main.deliver({ width: 320 });
    expect(camera.frames).toHaveLength(1);
    camera.sub.goLive(small);
    camera.sub.deliver();
    await vi.advanceTimersByTimeAsync(8_000);
    expect([camera.frames.length, camera.main.closed]).toEqual([2, true]);
    await camera.capture?.close();
  });

  it('shows all sizes from the sub-stream while only the main one fails', async () => {
    const camera = await new TwoStreams().open(tile, whole);
    camera.sub.goLive(small);
    camera.main.goLive(large);
    await camera.fail('main');
    expect(camera.ended).toBeNull();
    expect(camera.formats.at(-1)?.warning).toMatchObject({ key: 'camera_main_stream_fails' });
    camera.sub.deliver();
    expect(camera.frames.map(([id]) => id).toSorted()).toEqual([1, 3]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(camera.opened.main).toHaveLength(2);
    await camera.capture?.close();
  });

  it('fails when both fail, and when the only one that is open does', async () => {
    const both = await new TwoStreams().open(tile);
    await both.fail('sub');
    await both.fail('main');
    expect(both.ended).toMatchObject({ reason: 'failed', problem: { code: 'source_not_found' } });
    const one = await new TwoStreams().open(whole);
    one.main.goLive(large);
    await one.fail('main');
    expect(one.ended).toMatchObject({ reason: 'failed' });
    expect(one.main.closed).toBe(true);
  });

  it('takes audio from a stream that is open anyway', async () => {
    const camera = await new TwoStreams().open(tile, sound);
    camera.sub.goLive({ ...small, audio: true });
    expect(widths(camera.sub)).toContainEqual(['aac', 'source']);
    expect(camera.formats.at(-1)).toMatchObject({ audio: true });
    await camera.want(tile, whole, sound);
    camera.main.goLive({ ...large, audio: true });
    camera.main.deliver({ width: 0, keyframe: false });
    await settle();
    expect([widths(camera.main), widths(camera.sub)].map((each) => each.some(([codec]) => codec === 'aac'))).toEqual([
      true,
      false,
    ]);
    await camera.capture?.close();
  });

  it('counts the frames of one stream', async () => {
    const camera = await new TwoStreams().open(tile, whole);
    camera.sub.goLive(small);
    camera.main.goLive(large);
    camera.main.options.events.stats({ captured: 25, dropped: {} });
    camera.sub.options.events.stats({ captured: 15, dropped: {} });
    expect(camera.captured).toEqual([25, 0]);
    await camera.capture?.close();
  });

  it('opens the stream of the expected width while nothing is wanted yet', async () => {
    const camera = new TwoStreams();
    camera.known.expect('source');
    await camera.open();
    expect([camera.opened.main.length, camera.opened.sub.length]).toEqual([1, 0]);
    await camera.capture?.close();
    const other = await new TwoStreams().open();
    expect([other.opened.main.length, other.opened.sub.length]).toEqual([0, 1]);
    await other.capture?.close();
  });
});
