import pLimit from 'p-limit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Frame } from '../../domain/media/frame.ts';
import { sourceRendition, type Rendition } from '../../domain/media/rendition.ts';
import { parseSource } from '../../domain/cameras/source.ts';
import { LoadShedder } from '../../fanout/load-shedder.ts';
import type { Viewer } from '../../fanout/viewer.ts';
import { FakeCaptures, fakeVideo, silentLog } from '../lifecycle/testing.ts';
import { EncodeBudget } from './encode-budget.ts';
import { CameraMedia } from './camera-media.ts';

const h264: Rendition = { codec: 'h264', width: 'source' };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function make(posterTurns = pLimit(4)) {
  const fakes = new FakeCaptures();
  let id = 0;
  const media = new CameraMedia({
    name: () => 'Front',
    resolve: async () => ({ source: parseSource('test:') }),
    explain: async (problem) => problem,
    captures: fakes.captures,
    enabled: true,
    grace: 1_000,
    limits: { opening: 10_000, silence: 3_000, retry: 2_000 },
    loadShedder: new LoadShedder(),
    encodeBudget: new EncodeBudget(),
    posterTurns,
    nextBroadcastId: () => (id += 1),
    onState: () => undefined,
    log: silentLog,
  });
  return { media, fakes };
}

class FakeViewer implements Viewer {
  readonly frames: Frame[] = [];
  readonly placeholders: Frame[] = [];
  ended = false;
  offer(frame: Frame): void {
    this.frames.push(frame);
  }
  offerPlaceholder(frame: Frame): void {
    this.placeholders.push(frame);
  }
  end(): void {
    this.ended = true;
  }
}

async function live() {
  const { media, fakes } = make();
  const viewer = new FakeViewer();
  const leave = media.subscribe(sourceRendition, viewer);
  await vi.advanceTimersByTimeAsync(0);
  fakes.last.goLive();
  return { media, fakes, viewer, leave };
}

describe('CameraMedia', () => {
  it('wants exactly the Renditions that have viewers', async () => {
    const { media, fakes, leave } = await live();
    expect(fakes.last.wanted).toEqual([{ id: 1, ...sourceRendition }]);
    const leaveH264 = media.subscribe(h264, new FakeViewer());
    expect(fakes.last.wanted.map(({ codec }) => codec)).toEqual(['jpeg', 'h264']);
    leave();
    expect(fakes.last.wanted.map(({ codec }) => codec)).toEqual(['h264']);
    leaveH264();
    leaveH264();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(fakes.last.closed).toBe(true);
  });

  it('gives viewers the frames of the next Capture when one ends', async () => {
    const { fakes, viewer } = await live();
    fakes.last.deliver();
    fakes.last.options.events.ended({ reason: 'died', detail: '' });
    await vi.advanceTimersByTimeAsync(300);
    fakes.last.goLive();
    fakes.last.deliver();
    expect(fakes.opened).toHaveLength(2);
    expect(viewer.frames).toHaveLength(2);
    expect(viewer.ended).toBe(false);
  });

  it('repeats the last frame while none comes, and offers a notice once the Capture has ended', async () => {
    const { fakes, viewer } = await live();
    fakes.last.deliver();
    await vi.advanceTimersByTimeAsync(1_500);
    expect(viewer.placeholders.at(-1)).toBe(viewer.frames[0]);
    fakes.last.options.events.ended({ reason: 'died', detail: '' });
    await vi.advanceTimersByTimeAsync(0);
    vi.useRealTimers();
    await vi.waitFor(() => expect(viewer.placeholders.at(-1)).toMatchObject({ sequence: 0, width: 640, height: 480 }));
  });

  it.each([
    [16_000, 16_000, 1_920, 1_920],
    [1, 65_535, 16, 1_920],
    [7_680, 4_320, 1_920, 1_080],
  ])('draws the notice of a camera that claims %d×%d at %d×%d', async (width, height, shownWidth, shownHeight) => {
    const { fakes, viewer } = await live();
    fakes.last.options.events.changed({ ...fakeVideo, width, height });
    await vi.advanceTimersByTimeAsync(1_500);
    fakes.last.options.events.ended({ reason: 'died', detail: '' });
    await vi.advanceTimersByTimeAsync(0);
    vi.useRealTimers();
    await vi.waitFor(() =>
      expect(viewer.placeholders.at(-1)).toMatchObject({ sequence: 0, width: shownWidth, height: shownHeight }),
    );
  });

  it('requests keyframes of encoded Renditions, and not of those that are passed through', async () => {
    const { media, fakes } = await live();
    fakes.last.options.events.changed({ ...fakeVideo, passthrough: 'h264' });
    expect(media.broadcasts.of(h264).requestKeyframe()).toBe(false);
    fakes.last.options.events.changed(fakeVideo);
    expect(media.broadcasts.of(h264).requestKeyframe()).toBe(true);
    expect(fakes.last.keyframes).toHaveLength(1);
  });

  it('has extra Renditions of one owner encoded more rarely under overload, and says so', async () => {
    const { media, fakes } = await live();
    const widths = [320, 480, 640, 960] as const;
    for (const width of widths) media.subscribe({ codec: 'h264', width }, new FakeViewer());
    const other = Object.assign(new FakeViewer(), { owner: 'other' });
    media.subscribe({ codec: 'h264', width: 960 }, other);
    const every = () => fakes.last.wanted.map(({ width, every: n = 1 }) => [width, n]);
    const busy = async () => {
      for (let second = 0; second < 2; second += 1) {
        await vi.advanceTimersByTimeAsync(1_000);
        fakes.last.options.events.stats({ captured: 30, dropped: { encoder: 20 } });
      }
    };
    expect(every().every(([, n]) => n === 1)).toBe(true);
    expect(media.state).not.toHaveProperty('warning');
    await busy();
    // The first viewer's source is JPEG, so it is encoded too.
    expect(Object.fromEntries(every())).toEqual({ source: 1, 320: 1, 480: 16, 640: 16, 960: 1 });
    expect(media.state).toMatchObject({ warning: { key: 'camera_slowed' } });
  });

  it('keeps the last JPEG as the poster until the camera is switched off', async () => {
    const { media, fakes, viewer, leave } = await live();
    expect(media.poster).toBeNull();
    fakes.last.deliver();
    expect(media.poster).toBe(viewer.frames[0]);
    leave();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(media.poster).toBe(viewer.frames[0]);
    await media.lifecycle.setEnabled(false);
    expect(media.poster).toBeNull();
  });

  it('has a poster encoded while everybody watches H.264, for one frame', async () => {
    const { media, fakes, leave } = await live();
    media.subscribe(h264, new FakeViewer());
    leave();
    expect(media.poster).toBeNull();
    await vi.advanceTimersByTimeAsync(0);
    const wanted = () => fakes.last.wanted.map(({ codec }) => codec);
    expect(wanted()).toEqual(['jpeg', 'h264']);
    fakes.last.deliver();
    await vi.advanceTimersByTimeAsync(0);
    expect(media.poster).not.toBeNull();
    expect(wanted()).toEqual(['h264']);
  });

  it.each([
    ['the small one alone', { width: 640, isSubstream: true }],
    ['both', { width: 1_280 }],
  ] as const)('encodes a poster from the smaller stream of a camera that has shown %s', async (_shown, shown) => {
    const { media, fakes } = make();
    media.subscribe({ codec: 'h264', width: 640 }, new FakeViewer());
    await vi.advanceTimersByTimeAsync(0);
    fakes.last.goLive({ ...fakeVideo, substream: { width: 640, passthrough: 'h264' }, ...shown });
    expect(media.poster).toBeNull();
    await vi.advanceTimersByTimeAsync(0);
    expect(fakes.last.wanted.at(-1)).toMatchObject({ codec: 'jpeg', width: 640 });
  });

  it('captures the posters of cameras that are left at the same time one after the other, and keeps them open meanwhile', async () => {
    const turns = pLimit(1);
    const cameras = [make(turns), make(turns), make(turns)];
    const leave = cameras.map(({ media }) => media.subscribe(h264, new FakeViewer()));
    await vi.advanceTimersByTimeAsync(0);
    for (const { fakes } of cameras) fakes.last.goLive();
    for (const each of leave) each();
    const capturing = () => cameras.filter(({ fakes }) => fakes.last.wanted.length > 0);
    for (const camera of cameras) {
      await vi.advanceTimersByTimeAsync(900);
      expect(capturing()).toEqual([camera]);
      expect(camera.fakes.last.closed).toBe(false);
      camera.fakes.last.deliver();
    }
    await vi.advanceTimersByTimeAsync(3_000);
    expect(cameras.map(({ media, fakes }) => [media.poster?.sequence, fakes.last.closed])).toEqual(
      cameras.map(() => [1, true]),
    );
  });

  it('ends its viewers when it closes', async () => {
    const { media, fakes, viewer } = await live();
    await media.close();
    expect(viewer.ended).toBe(true);
    expect(fakes.last.closed).toBe(true);
  });
});
