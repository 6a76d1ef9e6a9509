import { m } from '#messages';
import type { CameraState } from '../domain/cameras/camera.ts';
import type { ProblemCode } from '../domain/errors.ts';
import { numberWord, withUnit } from './numbers.ts';

/** Severity of a state: green, amber, red or grey. */
export type Tone = 'live' | 'warn' | 'bad' | 'off';

/** Headings for problems, short enough to be shown over the video. */
const headings: Partial<Record<ProblemCode, () => string>> = {
  camera_not_found: m.states_problem_camera_not_found,
  camera_off: m.states_problem_camera_off,
  camera_busy: m.states_problem_camera_busy,
  camera_forbidden: m.states_problem_camera_forbidden,
  camera_missing: m.states_problem_camera_missing,
  camera_unplugged: m.states_problem_camera_unplugged,
  camera_bandwidth: m.states_problem_camera_bandwidth,
  camera_silent: m.states_problem_camera_silent,
  camera_failed: m.states_problem_camera_failed,
  capture_crashed: m.states_problem_capture_crashed,
  capture_memory: m.states_problem_capture_memory,
  source_invalid: m.states_problem_source_invalid,
  source_address_refused: m.states_problem_source_address_refused,
  source_redirected: m.states_problem_source_redirected,
  source_unauthorized: m.states_problem_source_unauthorized,
  source_refused: m.states_problem_source_refused,
  source_unreachable: m.states_problem_source_unreachable,
  source_full: m.states_problem_source_full,
  source_not_found: m.states_problem_source_not_found,
  source_beyond_limits: m.states_problem_source_beyond_limits,
  source_not_video: m.states_problem_source_not_video,
  video_damaged: m.states_problem_video_damaged,
  video_unsupported: m.states_problem_video_unsupported,
  source_file_missing: m.states_problem_source_file_missing,
  source_ended: m.states_problem_source_ended,
  mode_unavailable: m.states_problem_mode_unavailable,
  not_set_up: m.states_problem_not_set_up,
  disk_full: m.states_problem_disk_full,
  database_unavailable: m.states_problem_database_unavailable,
  photo_failed: m.states_problem_photo_failed,
  host_not_allowed: m.states_problem_host_not_allowed,
  too_many_requests: m.states_problem_too_many_requests,
  out_of_resources: m.states_problem_out_of_resources,
  shutting_down: m.states_problem_shutting_down,
};

/** Problems that need a person; the others resolve automatically. */
const lasting: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'camera_busy',
  'camera_forbidden',
  'camera_missing',
  'camera_unplugged',
  'camera_failed',
  'capture_memory',
  'source_invalid',
  'source_address_refused',
  'source_redirected',
  'source_unauthorized',
  'source_not_found',
  'source_beyond_limits',
  'source_not_video',
  'video_unsupported',
  'source_file_missing',
  'mode_unavailable',
]);

/** A short heading for a problem. */
export function problemHeading(code: ProblemCode): string {
  return (headings[code] ?? m.states_problem_other)();
}

/** Tone and word for a camera's state. Colour is never the only signal. */
export function stateWord(state: CameraState): { readonly tone: Tone; readonly word: string } {
  switch (state.kind) {
    case 'live':
      return { tone: 'live', word: m.states_live() };
    case 'opening':
      if (state.waitingFor === 'keyframe') return { tone: 'warn', word: m.states_keyframe() };
      return { tone: 'warn', word: state.photo === true ? m.states_photo() : m.states_starting() };
    case 'closed':
      return { tone: 'off', word: m.states_idle() };
    case 'off':
      return { tone: 'off', word: m.states_off() };
    case 'reconnecting':
      return { tone: lasting.has(state.problem.code) ? 'bad' : 'warn', word: m.states_reconnecting() };
    default:
      return state satisfies never;
  }
}

/** A size on disk: `820 KB`, `6.2 MB`, `14 GB`. */
export function bytesWord(bytes: number): string {
  const units = [m.common_bytes(), 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return withUnit(numberWord(value, { least: unit > 0 && value < 9.95 ? 1 : 0 }), units[unit] ?? '');
}

/** `1 photo`, `14 photos`, `10,000 photos`. */
export function photosWord(count: number): string {
  return m.photos_count({ count, shown: count.toLocaleString(m.common_intl()) });
}

/** How long ago something was: `just now`, `12 s ago`, `3 min ago`, `2 h ago`, `4 days ago`. */
export function agoWord(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 5) return m.grid_just_now();
  if (seconds < 60) return m.grid_seconds_ago({ seconds });
  if (seconds < 3600) return m.grid_minutes_ago({ minutes: Math.floor(seconds / 60) });
  if (seconds < 86_400) return m.grid_hours_ago({ hours: Math.floor(seconds / 3600) });
  return m.grid_days_ago({ days: Math.floor(seconds / 86_400) });
}
