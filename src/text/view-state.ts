import type { CameraState } from '../domain/camera.ts';
import type { Problem } from '../domain/errors.ts';
import { problemHeading, stateWord, type Tone } from './words.ts';

/** What is known about one picture on a page, by the server or by the page's script. */
export interface ViewFacts {
  /** Null once the camera was removed. */
  readonly camera: CameraState | null;
  /** True after Start. */
  readonly streaming: boolean;
  /** The page's own connection; `page` where there is none: a page without script. */
  readonly connection: 'page' | 'connecting' | 'open' | 'down' | 'signed-out';
  /** True once a picture has arrived since Start. */
  readonly hasFrame: boolean;
  /** Milliseconds since the last picture. */
  readonly silentFor?: number;
  /** Why Start or this picture failed, if it did. */
  readonly problem: Problem | null;
  /** Milliseconds until the connection is tried again. */
  readonly reconnectIn?: number;
  /** Why a player on another site's page gets nothing, if it does not. */
  readonly refused?: Refusal | null;
  /** Milliseconds since the epoch, by the server's clock. */
  readonly now: number;
}

/** What a player on another site's page lacks: a token that counts, the permission of this server, or a camera. */
export type Refusal = 'access' | 'origin' | 'camera';

/** What a person is told about one picture, and the one thing they can do. */
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
  /** The chip's word. */
  readonly word: string;
  /** What stands behind the word, if anything. */
  readonly more: string;
  /** The words over the picture; null while the picture speaks for itself. */
  readonly heading: string | null;
  readonly text: string;
  /** A technical detail, folded away. */
  readonly detail?: string;
  readonly action: 'start' | 'retry' | 'reconnect' | 'sign-in' | 'switch-on' | null;
}

/** Decides what to say: what concerns the person most comes first. */
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
  if (!facts.hasFrame) return quiet('starting', 'warn', 'Starting…');
  const silentFor = facts.silentFor ?? 0;
  if (silentFor > 3000) return quiet('waiting', 'warn', 'Waiting', `no frames for ${Math.round(silentFor / 1000)} s`);
  return live('');
}

/** Frames per second as a person reads them; nothing while unknown. */
export function fpsWord(fps: number): string {
  if (fps <= 0) return '';
  return `${fps < 9.5 ? fps.toFixed(1).replace(/\.0$/, '') : Math.round(fps)} fps`;
}

/** How fast a camera is: what is measured, and what it says when it is clearly slower than that. `12 fps of 30`. */
export function rateWord(measured: number, claimed: number | undefined): string {
  const is = fpsWord(measured);
  const said = claimed === undefined ? '' : fpsWord(claimed);
  if (is === '' || said === '') return is || said;
  return claimed === undefined || measured > claimed * 0.93 ? is : `${is} of ${said.replace(' fps', '')}`;
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
  return milliseconds < 120_000
    ? `retrying in ${Math.ceil(milliseconds / 1000)} s`
    : `retrying in ${Math.round(milliseconds / 60_000)} min`;
}
