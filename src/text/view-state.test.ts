import { describe, expect, it } from 'vitest';
import { fpsWord, viewState, type ViewFacts } from './view-state.ts';

const watching: ViewFacts = {
  camera: { kind: 'live', since: 0, width: 1280, height: 720, fps: 30, format: 'mjpeg' },
  streaming: true,
  connection: 'open',
  hasFrame: true,
  problem: null,
  now: 10_000,
};

describe('viewState', () => {
  it('is live without a heading while frames arrive', () => {
    expect(viewState(watching)).toMatchObject({ kind: 'live', tone: 'live', word: 'Live', heading: null });
  });

  it('is starting before the first frame', () => {
    expect(viewState({ ...watching, hasFrame: false })).toMatchObject({ kind: 'starting', word: 'Starting…' });
  });

  it('is waiting when frames stop, and says for how long', () => {
    expect(viewState({ ...watching, silentFor: 4200 })).toMatchObject({
      kind: 'waiting',
      more: 'no frames for 4\u00a0s',
    });
  });

  it('a camera that opens again is starting, however old the last frame is', () => {
    const opening = { kind: 'opening', since: 0 } as const;
    const old = { ...watching, silentFor: 9000 };
    expect(viewState({ ...old, camera: opening })).toMatchObject({ kind: 'starting', word: 'Starting…', more: '' });
    expect(viewState({ ...old, camera: { kind: 'closed' } }).kind).toBe('starting');
    expect(viewState({ ...old, silentFor: 0, camera: { ...opening, photo: true } }).kind).toBe('live');
  });

  it('a paused camera without viewers is idle', () => {
    const idle = viewState({ ...watching, camera: { kind: 'closed' }, streaming: false });
    expect([idle.kind, idle.word, idle.more]).toEqual(['paused', 'Idle', 'no viewers']);
    expect(viewState({ ...watching, streaming: false })).toMatchObject({ word: 'Paused', more: '' });
  });

  it('a paused view says "Stream is paused." and offers Start', () => {
    expect(viewState({ ...watching, streaming: false })).toMatchObject({
      heading: 'Stream is paused.',
      action: 'start',
    });
  });

  it('a failed camera says why and when it is retried', () => {
    const state = viewState({
      ...watching,
      camera: {
        kind: 'reconnecting',
        problem: { code: 'camera_unplugged', message: 'Plug it in again.' },
        since: 0,
        retryAt: 11_800,
      },
    });
    expect(state).toMatchObject({
      kind: 'reconnecting',
      tone: 'bad',
      more: 'retrying in 2\u00a0s',
      heading: 'Camera unplugged',
      text: 'Plug it in again.',
      action: 'retry',
    });
  });

  it('a retry says no wait that only a clock that was set back explains', () => {
    const camera = {
      kind: 'reconnecting',
      problem: { code: 'camera_unplugged', message: 'm' },
      since: 0,
      retryAt: 365 * 86_400_000,
    } as const;
    expect(viewState({ ...watching, camera })).toMatchObject({ more: 'retrying soon' });
  });

  it('a failed Start says why and offers Start again', () => {
    const state = viewState({ ...watching, streaming: false, problem: { code: 'camera_busy', message: 'In use.' } });
    expect(state).toMatchObject({ kind: 'failed', heading: 'Camera in use', text: 'In use.', action: 'start' });
  });

  it('signed out and offline take precedence over the camera', () => {
    expect(viewState({ ...watching, camera: null, connection: 'signed-out' }).kind).toBe('signed-out');
    expect(viewState({ ...watching, camera: null, connection: 'down', reconnectIn: 100 })).toMatchObject({
      kind: 'offline',
      more: 'retrying now',
    });
  });

  it('cameras that are off or removed offer no Start', () => {
    expect(viewState({ ...watching, camera: { kind: 'off' } })).toMatchObject({ kind: 'off', action: 'switch-on' });
    expect(viewState({ ...watching, camera: null })).toMatchObject({ kind: 'removed', action: null });
  });

  it('a page without script shows the state the server knew', () => {
    expect(viewState({ ...watching, connection: 'page', hasFrame: false })).toMatchObject({
      kind: 'live',
      more: '30\u00a0fps',
    });
  });

  it('a page without a socket leaves a failed Start behind once the camera is live', () => {
    const problem = { code: 'camera_busy', message: 'In use.' } as const;
    expect(viewState({ ...watching, connection: 'page', problem }).kind).toBe('live');
    expect(viewState({ ...watching, connection: 'open', problem }).kind).toBe('failed');
  });

  it('a refused player says what it lacks, before any other problem', () => {
    const refused = (lack: 'access' | 'origin' | 'camera') =>
      viewState({ ...watching, camera: null, connection: 'down', refused: lack });
    expect(refused('access')).toMatchObject({ kind: 'refused', tone: 'bad', heading: 'No access', action: null });
    expect(refused('origin')).toMatchObject({ heading: 'Not allowed on this site', action: 'reconnect' });
    expect(refused('camera')).toMatchObject({ heading: 'Camera not found', action: null });
    expect(viewState({ ...watching, refused: null }).kind).toBe('live');
  });
});

describe('fpsWord', () => {
  it('slow rates keep a decimal; unknown rates are empty', () => {
    expect([0, 0.5, 5, 29.97].map((fps) => fpsWord(fps))).toEqual(['', '0.5\u00a0fps', '5\u00a0fps', '30\u00a0fps']);
  });

  it('slow rates that change are as long all the time', () => {
    expect([1.9, 2, 29.97].map((fps) => fpsWord(fps, 1))).toEqual(['1.9\u00a0fps', '2.0\u00a0fps', '30\u00a0fps']);
  });
});
