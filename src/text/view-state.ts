import { m } from '#messages';
import type { CameraState } from '../domain/cameras/camera.ts';
import type { Problem } from '../domain/errors.ts';
import { numberWord } from './numbers.ts';
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
  /** Milliseconds for which frames were expected and none came. */
  readonly silentFor?: number;
  /** Why Start or this view failed, if it did. */
  readonly problem: Problem | null;
  /** Milliseconds until the next attempt to connect. */
  readonly reconnectIn?: number;
  /** Why a player on another site is refused, if it is. */
  readonly refused?: Refusal | null;
  /** True if a camera that is gone may have been taken from this viewer only. */
  readonly withheld?: boolean;
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
      ...quiet('signed-out', 'off', m.states_signed_out()),
      heading: m.states_signed_out_heading(),
      text: m.states_signed_out_text(),
      action: 'sign-in',
    };
  }
  if (connection === 'down') {
    return {
      ...quiet('offline', 'warn', m.states_offline(), nextTry(facts.reconnectIn)),
      heading: m.states_offline_heading(),
      text: m.states_offline_text(),
      action: 'reconnect',
    };
  }
  if (camera === null && facts.withheld === true) {
    return {
      ...quiet('removed', 'off', m.live_withheld()),
      heading: m.live_withheld_heading(),
      text: m.live_withheld_text(),
    };
  }
  if (camera === null) {
    return {
      ...quiet('removed', 'off', m.states_removed()),
      heading: m.states_removed_heading(),
      text: m.states_removed_text(),
    };
  }
  if (camera.kind === 'off') {
    return {
      ...quiet('off', 'off', m.states_off()),
      heading: m.states_off_heading(),
      text: m.states_off_text(),
      action: 'switch-on',
    };
  }
  if (problem !== null && !streaming) return failed(problem, 'start');
  if (!streaming) {
    const idle = camera.kind === 'closed';
    return {
      ...quiet('paused', 'off', idle ? m.states_idle() : m.states_paused(), idle ? m.states_no_viewers() : ''),
      heading: m.states_paused_heading(),
      text: idle ? m.states_paused_closed() : m.states_paused_open(),
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
  // A page without a socket does not learn that the problem is over.
  if (connection === 'page' && camera.kind === 'live') return live(fpsWord(camera.fps));
  if (problem !== null) return failed(problem, 'retry');
  // The frame before the camera was off, or failed, says nothing about the next one. A photo only pauses the video.
  const opens = camera.kind === 'closed' || (camera.kind === 'opening' && camera.photo !== true);
  if (!facts.hasFrame || opens) {
    return quiet('starting', 'warn', camera.kind === 'opening' ? stateWord(camera).word : m.states_starting());
  }
  const silentFor = facts.silentFor ?? 0;
  if (silentFor > 3000)
    return quiet(
      'waiting',
      'warn',
      m.states_waiting(),
      m.states_waiting_for({ seconds: Math.round(silentFor / 1000) }),
    );
  return live('');
}

/** A frame rate for display; empty while unknown. A slow one has one decimal at most, or exactly `least`. */
export function fpsWord(fps: number, least = 0): string {
  if (fps <= 0) return '';
  return m.states_fps({ rate: rateNumber(fps, least) });
}

/** The measured frame rate, with the claimed one if it is clearly slower: `12 fps of 30`. */
export function rateWord(measured: number, claimed: number | undefined): string {
  if (claimed === undefined || claimed <= 0) return fpsWord(measured);
  if (measured <= 0) return fpsWord(claimed);
  if (measured > claimed * 0.93) return fpsWord(measured);
  return m.states_rate_of({ rate: rateNumber(measured), claimed: rateNumber(claimed) });
}

function rateNumber(fps: number, least = 0): string {
  return numberWord(fps, fps < 9.5 ? { most: 1, least } : {});
}

function refusal(refused: Refusal): ViewState {
  const words = {
    access: [m.states_refused_access, m.states_refused_access_text],
    origin: [m.states_refused_origin, m.states_refused_origin_text],
    camera: [m.states_refused_camera, m.states_refused_camera_text],
  } as const;
  const [heading, text] = words[refused];
  return {
    ...quiet('refused', 'bad', m.states_refused()),
    heading: heading(),
    text: text(),
    action: refused === 'origin' ? 'reconnect' : null,
  };
}

function live(more: string): ViewState {
  return quiet('live', 'live', m.states_live(), more);
}

function failed(problem: Problem, action: 'start' | 'retry'): ViewState {
  return {
    ...quiet('failed', 'bad', m.states_failed()),
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
  if (milliseconds < 500) return m.states_retry_now();
  // Nothing waits this long: somebody has set the server's clock back.
  if (milliseconds > 3_600_000) return m.states_retry_soon();
  return milliseconds < 120_000
    ? m.states_retry_seconds({ seconds: Math.ceil(milliseconds / 1000) })
    : m.states_retry_minutes({ minutes: Math.round(milliseconds / 60_000) });
}
