import type { CameraState } from '../domain/camera.ts';
import type { Problem } from '../domain/errors.ts';
import { problemHeading, stateWord, type Tone } from './words.ts';

/** The facts about one view, by the server or by the page's script. */
export interface ViewFacts {
  /** Null if the camera was removed. */
  readonly camera: CameraState | null;
  /** True after Start. */
  readonly streaming: boolean;
  /** State of the page's connection; `page` for a page without script. */
  readonly connection: 'page' | 'connecting' | 'open' | 'down' | 'signed-out';
  /** True once a frame has arrived since Start. */
  readonly hasFrame: boolean;
  /** Milliseconds since the last frame. */
  readonly silentFor?: number;
  /** Why Start or this view failed, if it did. */
  readonly problem: Problem | null;
  /** Milliseconds until the next attempt to connect. */
  readonly reconnectIn?: number;
  /** Why a player on another site is refused, if it is. */
  readonly refused?: Refusal | null;
  /** Milliseconds since the epoch, by the server's clock. */
  readonly now: number;
}

/** The thing that a player on another site lacks: a valid token, permission for its origin, or a camera. */
export type Refusal = 'access' | 'origin' | 'camera';

/** The state shown to the viewer, and the one action offered. */
export interface ViewState {
  readonly kind:
    | 'live'
    | 'starting'
    | 'waiting'
    | 'paused'
    | 'off'
    | 'reconnecting'
    | 'failed'
    | 'offline'
    | 'signed-out'
    | 'refused'
    | 'removed';
  readonly tone: Tone;
  /** The word in the chip. */
  readonly word: string;
  /** The detail after the word, if any. */
  readonly more: string;
  /** The heading over the video; null if none is shown. */
  readonly heading: string | null;
  readonly text: string;
  /** A technical detail, collapsed by default. */
  readonly detail?: string;
  readonly action: 'start' | 'retry' | 'reconnect' | 'sign-in' | 'switch-on' | null;
}

/** Decides which state to show; the most important one wins. */
export function viewState(facts: ViewFacts): ViewState {
  const { camera, streaming, connection, problem } = facts;
  if (facts.refused) return refusal(facts.refused);
  if (connection === 'signed-out') {
    return {
      ...quiet('signed-out', 'off', 'Signed out'),
      heading: 'You are signed out',
      text: 'Sign in again to keep watching.',
      action: 'sign-in',
    };
  }
  if (connection === 'down') {
    return {
      ...quiet('offline', 'warn', 'Offline', nextTry(facts.reconnectIn)),
      heading: 'No connection to Porthole',
      text: 'The picture returns automatically when the server responds.',
      action: 'reconnect',
    };
  }
  if (camera === null) {
    return {
      ...quiet('removed', 'off', 'Removed'),
      heading: 'Camera removed',
      text: 'An admin has removed this camera.',
    };
  }
  if (camera.kind === 'off') {
    return {
      ...quiet('off', 'off', 'Off'),
      heading: 'Camera is off',
      text: 'It is switched off in Settings. Nobody can open it until an admin switches it on.',
      action: 'switch-on',
    };
  }
  if (problem !== null && !streaming) return failed(problem, 'start');
  if (!streaming) {
    return {
      ...quiet('paused', 'off', 'Paused'),
      heading: 'Stream is paused.',
      text:
        camera.kind === 'closed'
          ? 'The camera is off while nobody is watching.'
          : 'The camera is on: someone else is watching, or it is about to close.',
      action: 'start',
    };
  }
  if (camera.kind === 'reconnecting') {
    const { tone, word } = stateWord(camera);
    return {
      ...quiet('reconnecting', tone, word, nextTry(camera.retryAt - facts.now)),
      heading: problemHeading(camera.problem.code),
      text: camera.problem.message,
      ...(camera.problem.detail === undefined ? {} : { detail: camera.problem.detail }),
      action: 'retry',
    };
  }
  if (problem !== null) return failed(problem, 'retry');
  if (connection === 'page' && camera.kind === 'live') return live(`${fpsWord(camera.fps)}`);
  if (!facts.hasFrame) {
    return quiet('starting', 'warn', camera.kind === 'opening' ? stateWord(camera).word : 'Starting…');
  }
  const silentFor = facts.silentFor ?? 0;
  if (silentFor > 3000) return quiet('waiting', 'warn', 'Waiting', `no frames for ${Math.round(silentFor / 1000)} s`);
  return live('');
}

/** A frame rate for display; empty while unknown. */
export function fpsWord(fps: number): string {
  if (fps <= 0) return '';
  return `${fps < 9.5 ? fps.toFixed(1).replace(/\.0$/, '') : Math.round(fps)} fps`;
}

/** The measured frame rate, with the claimed one if it is clearly slower: `12 fps of 30`. */
export function rateWord(measured: number, claimed: number | undefined): string {
  const actual = fpsWord(measured);
  const nominal = claimed === undefined ? '' : fpsWord(claimed);
  if (actual === '' || nominal === '') return actual || nominal;
  return claimed === undefined || measured > claimed * 0.93 ? actual : `${actual} of ${nominal.replace(' fps', '')}`;
}

function refusal(refused: Refusal): ViewState {
  const words = {
    access: ['No access', "This player's token is missing, wrong or revoked. Set a valid one."],
    origin: ['Not allowed on this site', 'A Porthole admin must allow this site to show its cameras.'],
    camera: ['Camera not found', 'No camera has this id, or this token may not see it.'],
  } as const;
  const [heading, text] = words[refused];
  return { ...quiet('refused', 'bad', 'Refused'), heading, text, action: refused === 'origin' ? 'reconnect' : null };
}

function live(more: string): ViewState {
  return quiet('live', 'live', 'Live', more);
}

function failed(problem: Problem, action: 'start' | 'retry'): ViewState {
  return {
    ...quiet('failed', 'bad', 'Failed'),
    heading: problemHeading(problem.code),
    text: problem.message,
    ...(problem.detail === undefined ? {} : { detail: problem.detail }),
    action,
  };
}

function quiet(kind: ViewState['kind'], tone: Tone, word: string, more = ''): ViewState {
  return { kind, tone, word, more, heading: null, text: '', action: null };
}

function nextTry(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return '';
  if (milliseconds < 500) return 'retrying now';
  // Nothing waits this long: somebody has set the server's clock back.
  if (milliseconds > 3_600_000) return 'retrying soon';
  return milliseconds < 120_000
    ? `retrying in ${Math.ceil(milliseconds / 1000)} s`
    : `retrying in ${Math.round(milliseconds / 60_000)} min`;
}
