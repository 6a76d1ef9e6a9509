import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CameraState } from '../../domain/cameras/camera.ts';
import { PortholeError } from '../../domain/errors.ts';
import { parseSource } from '../../domain/cameras/source.ts';
import { sourceKinds } from '../../domain/cameras/source-kinds.ts';
import { CameraLifecycle, type LifecycleOptions } from './camera-lifecycle.ts';
import { FakeCaptures, silentLog } from './testing.ts';

const grace = 2_000;
const limits = { opening: 10_000, silence: 3_000, retry: 2_000 };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function make(change: Partial<LifecycleOptions> = {}) {
  const fakes = new FakeCaptures();
  const states: CameraState[] = [];
  const lifecycle = new CameraLifecycle({
    resolve: async () => ({ source: parseSource('test:') }),
    explain: async (problem) => problem,
    captures: fakes.captures,
    enabled: true,
    grace,
    limits,
    wanted: () => [],
    events: {
      state: (state) => states.push(state),
      frame: () => undefined,
      captured: () => undefined,
      stopped: () => undefined,
    },
    log: silentLog,
    ...change,
  });
  return { lifecycle, fakes, kinds: () => states.map(({ kind }) => kind) };
}

/** Runs everything that is due. */
const settle = () => vi.advanceTimersByTimeAsync(0);

describe('CameraLifecycle', () => {
  it('opens on demand, is live with the first frame, and closes after the grace time', async () => {
    const { lifecycle, fakes, kinds } = make();
    expect(lifecycle.state.kind).toBe('closed');
    const release = lifecycle.demand();
    await settle();
    fakes.last.goLive();
    expect(kinds()).toEqual(['opening', 'live']);
    release();
    await vi.advanceTimersByTimeAsync(grace - 1);
    expect(fakes.last.closed).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(fakes.last.closed).toBe(true);
    expect(fakes.last.options.signal.aborted).toBe(true);
    expect(kinds()).toEqual(['opening', 'live', 'closed']);
  });

  it('stays open when demand returns within the grace time', async () => {
    const { lifecycle, fakes } = make();
    lifecycle.demand()();
    await vi.advanceTimersByTimeAsync(grace - 1);
    lifecycle.demand();
    await vi.advanceTimersByTimeAsync(2 * grace);
    expect(fakes.opened).toHaveLength(1);
  });

  it('retries much later after a costly failure, also for new viewers, and later each time', async () => {
    const { lifecycle, fakes } = make();
    const fail = (): void => {
      const problem = new PortholeError('capture_memory').toJSON();
      fakes.last.options.events.ended({ reason: 'failed', problem, detail: 'SIGKILL' });
    };
    let release = lifecycle.demand();
    await settle();
    fakes.last.goLive();
    // The other backoff would start again after this time.
    for (let second = 0; second < 11; second += 1) {
      fakes.last.options.events.stats({ captured: 30, dropped: {} });
      await vi.advanceTimersByTimeAsync(1_000);
    }
    fail();
    await settle();
    for (let viewer = 0; viewer < 4; viewer += 1) {
      release();
      await vi.advanceTimersByTimeAsync(grace + 1);
      release = lifecycle.demand();
      await expect(lifecycle.untilLive()).rejects.toMatchObject({ code: 'capture_memory' });
    }
    expect(fakes.opened, 'captures in ten seconds').toHaveLength(1);
    expect(lifecycle.state).toMatchObject({ kind: 'reconnecting', problem: { code: 'capture_memory' } });
    await vi.advanceTimersByTimeAsync(8_000);
    expect(fakes.opened).toHaveLength(2);
    fail();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(fakes.opened).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(11_000);
    expect(fakes.opened).toHaveLength(3);
    fail();
    await settle();
    for (let asked = 0; asked < 5; asked += 1) {
      lifecycle.askToRetry();
      await settle();
      if (asked === 0) fail();
      await vi.advanceTimersByTimeAsync(1_900);
    }
    expect(fakes.opened, 'captures after one person has asked five times').toHaveLength(4);
    release();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(fakes.opened, 'captures without viewers').toHaveLength(4);
    expect(lifecycle.state.kind).toBe('closed');
    await lifecycle.close();
  });

  it('opens another source at once after a costly failure', async () => {
    const { lifecycle, fakes } = make();
    lifecycle.demand();
    await settle();
    const problem = new PortholeError('source_beyond_limits').toJSON();
    fakes.last.options.events.ended({ reason: 'failed', problem, detail: 'exit code 1' });
    await settle();
    await lifecycle.replaceSource(async () => ({ source: parseSource('test:') }));
    await settle();
    expect(fakes.opened).toHaveLength(2);
    await lifecycle.close();
  });

  it('retries later after each failure, and soon again after a Capture that ran well', async () => {
    const { lifecycle, fakes, kinds } = make();
    lifecycle.demand();
    const openAfter = async (): Promise<number> => {
      const { length } = fakes.opened;
      const startedAt = performance.now();
      while (fakes.opened.length === length) await vi.advanceTimersByTimeAsync(1);
      return performance.now() - startedAt;
    };
    const fail = () => fakes.last.options.events.ended({ reason: 'died', detail: 'SIGKILL' });
    await settle();
    const waits: number[] = [];
    for (let failure = 0; failure < 6; failure += 1) {
      fail();
      waits.push(await openAfter());
    }
    expect(waits[0]).toBeLessThanOrEqual(251);
    expect(waits[5]).toBeGreaterThan(1_400);
    expect(waits[5]).toBeLessThanOrEqual(2_001);
    expect(new Set(kinds().slice(1))).toEqual(new Set(['reconnecting']));
    fakes.last.goLive();
    for (let second = 0; second < 11; second += 1) {
      fakes.last.options.events.stats({ captured: 30, dropped: {} });
      await vi.advanceTimersByTimeAsync(1_000);
    }
    fail();
    expect(await openAfter()).toBeLessThanOrEqual(251);
    expect(lifecycle.statistics.restarts).toBe(7);
  });

  describe('a camera that has failed', () => {
    const longest = 10_000;

    /** Fails until the next attempt is due in at least 7.5 s. */
    async function failed() {
      const at = make({ limits: { ...limits, retry: longest } });
      const release = at.lifecycle.demand();
      await settle();
      const fail = () => at.fakes.last.options.events.ended({ reason: 'died', detail: '' });
      for (let failure = 0; failure < 6; failure += 1) {
        fail();
        await vi.advanceTimersByTimeAsync(longest);
      }
      fail();
      const { length } = at.fakes.opened;
      return { ...at, release, fail, attempts: () => at.fakes.opened.length - length };
    }

    it('is not opened earlier by callers that want it, which learn why at once', async () => {
      const { lifecycle, attempts } = await failed();
      for (let caller = 0; caller < 20; caller += 1) {
        const release = lifecycle.demand();
        await expect(lifecycle.untilLive()).rejects.toMatchObject({ code: 'capture_crashed' });
        release();
      }
      expect(attempts()).toBe(0);
    });

    it('tells callers why after a moment while an attempt hangs', async () => {
      const { lifecycle } = await failed();
      await vi.advanceTimersByTimeAsync(longest);
      const waiting = expect(lifecycle.untilLive()).rejects.toMatchObject({ code: 'capture_crashed' });
      await vi.advanceTimersByTimeAsync(2_000);
      await waiting;
    });

    it('is not opened earlier after the grace time, and says that it waits', async () => {
      const { lifecycle, attempts, release } = await failed();
      release();
      await vi.advanceTimersByTimeAsync(grace);
      expect(lifecycle.state.kind).toBe('closed');
      lifecycle.demand();
      await settle();
      expect(lifecycle.state).toMatchObject({ kind: 'reconnecting', problem: { code: 'capture_crashed' } });
      await expect(lifecycle.untilLive()).rejects.toMatchObject({ code: 'capture_crashed' });
      expect(attempts()).toBe(0);
      await vi.advanceTimersByTimeAsync(longest);
      expect(attempts()).toBe(1);
    });

    it('is opened earlier when somebody asks for it, once in two seconds', async () => {
      const { lifecycle, attempts, fail } = await failed();
      lifecycle.askToRetry();
      await settle();
      expect(attempts()).toBe(1);
      fail();
      for (let more = 0; more < 10; more += 1) lifecycle.askToRetry();
      await settle();
      expect(attempts()).toBe(1);
      await vi.advanceTimersByTimeAsync(2_000);
      lifecycle.askToRetry();
      await settle();
      expect(attempts()).toBe(2);
    });

    it('is opened at once when its device is back', async () => {
      const { lifecycle, attempts } = await failed();
      lifecycle.retryNow();
      await settle();
      expect(attempts()).toBe(1);
    });

    it('is retried soon again when nobody has wanted it for a minute', async () => {
      const { lifecycle, attempts, release, fail } = await failed();
      release();
      await vi.advanceTimersByTimeAsync(longest + 60_001);
      lifecycle.demand();
      await settle();
      fail();
      await vi.advanceTimersByTimeAsync(251);
      expect(attempts()).toBe(2);
    });

    it('is opened no earlier for a photo in another Mode', async () => {
      const { lifecycle, attempts } = await failed();
      for (const photo of [true, false]) {
        await lifecycle.replaceSource(async () => ({ source: parseSource('test:') }), { photo, same: true });
      }
      await settle();
      expect(attempts()).toBe(0);
    });
  });

  it('is not opened again and again by callers that leave before it is live', async () => {
    const { lifecycle, fakes } = make({ grace: 0 });
    for (let caller = 0; caller < 100; caller += 1) {
      const release = lifecycle.demand();
      await vi.advanceTimersByTimeAsync(20);
      release();
      await vi.advanceTimersByTimeAsync(20);
    }
    // In 4 s: after 0.25, 0.5, 1 and 2 s, each shortened by a quarter at most.
    expect(fakes.opened.length).toBeLessThanOrEqual(6);
    lifecycle.demand();
    await vi.advanceTimersByTimeAsync(limits.retry);
    fakes.last.goLive();
    expect(lifecycle.state.kind).toBe('live');
  });

  it('says why it failed, as exactly as that can be found out', async () => {
    const { lifecycle, fakes } = make({ explain: async (problem) => ({ ...problem, message: 'In use by vlc.' }) });
    lifecycle.demand();
    await settle();
    const failed = expect(lifecycle.untilLive()).rejects.toMatchObject({
      code: 'camera_busy',
      message: 'In use by vlc.',
    });
    const problem = new PortholeError('camera_busy').toJSON();
    fakes.last.options.events.ended({ reason: 'failed', problem, detail: 'exit code 1' });
    expect(lifecycle.state).toMatchObject({ kind: 'reconnecting', problem: { code: 'camera_busy' } });
    await failed;
    expect(lifecycle.state).toMatchObject({ kind: 'reconnecting', problem: { message: 'In use by vlc.' } });
  });

  it('restarts a Capture that opens nothing, and one that goes silent', async () => {
    const { lifecycle, fakes } = make();
    lifecycle.demand();
    await settle();
    fakes.last.options.events.opening();
    await vi.advanceTimersByTimeAsync(limits.opening);
    expect(lifecycle.state).toMatchObject({ kind: 'reconnecting', problem: { code: 'camera_silent' } });
    await vi.advanceTimersByTimeAsync(300);
    expect(fakes.opened).toHaveLength(2);
    fakes.last.goLive();
    await vi.advanceTimersByTimeAsync(limits.silence - 1_000);
    expect(lifecycle.state.kind).toBe('live');
    await vi.advanceTimersByTimeAsync(1_100);
    expect(lifecycle.state).toMatchObject({ kind: 'reconnecting', problem: { code: 'camera_silent' } });
    expect(fakes.last.closed).toBe(true);
  });

  it('ignores events of a Capture after closing it', async () => {
    const { lifecycle, fakes, kinds } = make();
    lifecycle.demand();
    await settle();
    const [old] = fakes.opened;
    await lifecycle.replaceSource(async () => ({ source: parseSource('file:other.mp4') }));
    await settle();
    const before = kinds();
    old?.goLive();
    old?.options.events.ended({ reason: 'closed' });
    expect(kinds()).toEqual(before);
    expect(fakes.last.options.source.source.kind).toBe('file');
    expect(lifecycle.state.kind).toBe('opening');
  });

  it('opens a device only after the Capture before has released it', async () => {
    const { lifecycle, fakes } = make();
    lifecycle.demand();
    await settle();
    const { promise: freed, resolve: free } = Promise.withResolvers<void>();
    fakes.last.close = () => freed;
    void lifecycle.replaceSource(async () => ({ source: parseSource('test:') }));
    lifecycle.demand();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(fakes.opened).toHaveLength(1);
    free();
    await settle();
    expect(fakes.opened).toHaveLength(2);
  });

  it('is opening for those who come while a device is released for a photo', async () => {
    const { lifecycle, fakes } = make();
    lifecycle.demand();
    await settle();
    fakes.last.goLive();
    const { promise: freed, resolve: free } = Promise.withResolvers<void>();
    fakes.last.close = () => freed;
    const replaced = lifecycle.replaceSource(async () => ({ source: parseSource('test:') }), { photo: true });
    lifecycle.demand();
    free();
    await replaced;
    expect(lifecycle.state).toMatchObject({ kind: 'opening', photo: true });
    await lifecycle.close();
  });

  it('says that it failed if its device is never released', async () => {
    const { lifecycle, fakes } = make();
    lifecycle.demand();
    await settle();
    fakes.last.goLive();
    fakes.last.close = () => Promise.withResolvers<void>().promise;
    void lifecycle.replaceSource(async () => ({ source: parseSource('test:') }));
    await vi.advanceTimersByTimeAsync(30_000);
    expect(lifecycle.state).toMatchObject({ kind: 'reconnecting', problem: { code: 'camera_failed' } });
    expect(fakes.opened).toHaveLength(1);
  });

  it('opens nothing on demand while it is switched off', async () => {
    const { lifecycle, fakes } = make({ enabled: false });
    lifecycle.demand();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(fakes.opened).toEqual([]);
    await expect(lifecycle.untilLive()).rejects.toMatchObject({ code: 'camera_off' });
    await lifecycle.setEnabled(true);
    await settle();
    fakes.last.goLive();
    await lifecycle.setEnabled(false);
    expect(fakes.last.closed).toBe(true);
    expect(lifecycle.state.kind).toBe('off');
  });

  it('tells those who wait when it closes for good, and opens nothing again', async () => {
    const { lifecycle, fakes } = make();
    lifecycle.demand();
    const waiting = expect(lifecycle.untilLive()).rejects.toMatchObject({ code: 'shutting_down' });
    await lifecycle.close();
    await waiting;
    lifecycle.demand();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(fakes.opened).toEqual([]);
  });

  it('stops waiting when the signal aborts', async () => {
    const { lifecycle } = make();
    lifecycle.demand();
    const abort = new AbortController();
    const waiting = expect(lifecycle.untilLive({ signal: abort.signal })).rejects.toMatchObject({
      code: 'camera_failed',
    });
    abort.abort();
    await waiting;
  });

  it('keeps "unplugged" while the device is missing', async () => {
    const { lifecycle, fakes } = make();
    lifecycle.demand();
    await settle();
    fakes.last.goLive();
    const fail = (code: 'camera_unplugged' | 'camera_missing') =>
      fakes.last.options.events.ended({ reason: 'failed', problem: new PortholeError(code).toJSON(), detail: '' });
    fail('camera_unplugged');
    const { since } = lifecycle.state as Extract<CameraState, { kind: 'reconnecting' }>;
    await vi.advanceTimersByTimeAsync(300);
    fail('camera_missing');
    await settle();
    expect(lifecycle.state).toMatchObject({ kind: 'reconnecting', since, problem: { code: 'camera_unplugged' } });
  });

  const stream = {
    resolve: async () => ({ source: parseSource('rtsp://camera/live'), addresses: ['192.0.2.1'] }),
    limits: sourceKinds.rtsp.limits,
  };
  const slow = { format: 'h264', width: 640, height: 480, fps: null };

  it('keeps a stream with a frame every 12 s, and notices when it stops', async () => {
    const { lifecycle, fakes } = make(stream);
    lifecycle.demand();
    await settle();
    fakes.last.goLive(slow);
    for (let frame = 0; frame < 5; frame += 1) {
      await vi.advanceTimersByTimeAsync(12_000);
      fakes.last.options.events.stats({ captured: 1, dropped: {} });
    }
    expect(lifecycle.state.kind).toBe('live');
    await vi.advanceTimersByTimeAsync(50_000);
    expect(lifecycle.state).toMatchObject({ kind: 'reconnecting', problem: { code: 'camera_silent' } });
  });

  it('counts the silence of a stream from its last frame, not from when frames were counted', async () => {
    const { lifecycle, fakes } = make(stream);
    lifecycle.demand();
    await settle();
    const { events } = fakes.last.options;
    fakes.last.goLive({ ...slow, fps: 25 });
    for (let second = 0; second < 3; second += 1) {
      await vi.advanceTimersByTimeAsync(100);
      events.frame(1, { bytes: Buffer.alloc(1), sequence: 1, capturedAt: 0, keyframe: true, width: 640, height: 480 });
      await vi.advanceTimersByTimeAsync(900);
      events.stats({ captured: 25, dropped: {} });
    }
    await vi.advanceTimersByTimeAsync(stream.limits.silence - 1_000);
    expect(lifecycle.state.kind).toBe('live');
    await vi.advanceTimersByTimeAsync(200);
    expect(lifecycle.state).toMatchObject({ kind: 'reconnecting', problem: { code: 'camera_silent' } });
  });

  it('notices within the usual time that a stream with a steady rate has stopped', async () => {
    const { lifecycle, fakes } = make(stream);
    lifecycle.demand();
    await settle();
    fakes.last.goLive(slow);
    fakes.last.options.events.stats({ captured: 15, dropped: {} });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(lifecycle.state.kind).toBe('reconnecting');
  });

  it.each(['source_unreachable', 'source_refused', 'camera_silent'] as const)(
    'tries again once a second after %s, so that a network that comes back is noticed',
    async (code) => {
      const { lifecycle, fakes } = make(stream);
      const log = vi.spyOn(silentLog, 'warn').mockClear();
      lifecycle.demand();
      await settle();
      const problem = new PortholeError(code).toJSON();
      for (let attempt = 1; attempt <= 20; attempt += 1) {
        expect(fakes.opened).toHaveLength(attempt);
        fakes.last.options.events.ended({ reason: 'failed', problem, detail: 'EHOSTUNREACH' });
        await vi.advanceTimersByTimeAsync(1_000);
      }
      expect(
        log.mock.calls.map(([, text]) => text),
        'warnings in the log',
      ).toHaveLength(1);
      fakes.last.options.events.ended({
        reason: 'failed',
        problem: new PortholeError('source_unauthorized').toJSON(),
        detail: '401',
      });
      expect(
        log.mock.calls.map(([, text]) => text),
        'warnings in the log',
      ).toHaveLength(2);
      await lifecycle.close();
    },
  );

  it('waits for the first keyframe of a stream whose frames arrive, and says so', async () => {
    const { lifecycle, fakes } = make(stream);
    lifecycle.demand();
    await settle();
    const { events } = fakes.last.options;
    events.opening();
    await vi.advanceTimersByTimeAsync(5_000);
    events.stats({ captured: 15, dropped: {} });
    expect(lifecycle.state).toMatchObject({ kind: 'opening', waitingFor: 'keyframe' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(lifecycle.state.kind).toBe('opening');
    events.ready(slow);
    expect(lifecycle.state.kind).toBe('live');
    expect(lifecycle.state).not.toHaveProperty('waitingFor');
  });

  it('says of a stream without keyframes, and of one without frames, what is wrong', async () => {
    for (const [captured, words] of [
      [15, 'no keyframe'],
      [0, 'sends no frames'],
    ] as const) {
      const { lifecycle, fakes } = make(stream);
      lifecycle.demand();
      await settle();
      fakes.last.options.events.opening();
      fakes.last.options.events.stats({ captured, dropped: {} });
      await vi.advanceTimersByTimeAsync(100_000);
      expect(lifecycle.state).toMatchObject({
        kind: 'reconnecting',
        problem: { code: 'camera_silent', message: expect.stringContaining(words) as string },
      });
    }
  });
});
