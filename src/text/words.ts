import type { CameraState } from '../domain/camera.ts';
import type { ProblemCode } from '../domain/errors.ts';

/** Severity of a state: green, amber, red or grey. */
export type Tone = 'live' | 'warn' | 'bad' | 'off';

/** Headings for problems, short enough to be shown over the video. */
const headings: Partial<Record<ProblemCode, string>> = {
  camera_not_found: 'Camera removed',
  camera_off: 'Camera is off',
  camera_busy: 'Camera in use',
  camera_forbidden: 'Camera access denied',
  camera_missing: 'Camera not connected',
  camera_unplugged: 'Camera unplugged',
  camera_bandwidth: 'USB is too busy',
  camera_silent: 'Camera not responding',
  camera_failed: 'Camera failed',
  capture_crashed: 'Restarting',
  capture_memory: 'Too much memory',
  source_invalid: 'Unknown source',
  source_address_refused: 'Address not allowed',
  source_redirected: 'Camera has moved',
  source_unauthorized: 'Password required',
  source_refused: 'Connection refused',
  source_unreachable: 'Camera unreachable',
  source_full: 'Too many viewers',
  source_not_found: 'Stream not found',
  source_beyond_limits: 'Beyond the limits',
  source_not_video: 'No video found',
  video_damaged: 'Damaged frames',
  video_unsupported: 'Video not supported',
  source_file_missing: 'File not found',
  source_ended: 'Stream ended',
  mode_unavailable: 'Mode not supported',
  not_set_up: 'Not set up yet',
  disk_full: 'Disk full',
  database_unavailable: 'Database not answering',
  photo_failed: 'Photo failed',
  host_not_allowed: 'Unknown host name',
  too_many_requests: 'Too many attempts',
  out_of_resources: 'Out of resources',
  shutting_down: 'Porthole is stopping',
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
  return headings[code] ?? 'Something went wrong';
}

/** Tone and word for a camera's state. Colour is never the only signal. */
export function stateWord(state: CameraState): { readonly tone: Tone; readonly word: string } {
  switch (state.kind) {
    case 'live':
      return { tone: 'live', word: 'Live' };
    case 'opening':
      if (state.waitingFor === 'keyframe') return { tone: 'warn', word: 'Waiting for a keyframe…' };
      return { tone: 'warn', word: state.photo === true ? 'Taking a photo…' : 'Starting…' };
    case 'closed':
      return { tone: 'off', word: 'Idle' };
    case 'off':
      return { tone: 'off', word: 'Off' };
    case 'reconnecting':
      return { tone: lasting.has(state.problem.code) ? 'bad' : 'warn', word: 'Reconnecting' };
    default:
      return state satisfies never;
  }
}

/** A size on disk: `820 KB`, `6.2 MB`, `14 GB`. */
export function bytesWord(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit] ?? ''}`;
}

/** `1 photo`, `14 photos`, `10,000 photos`. */
export function photosWord(count: number): string {
  return `${count.toLocaleString('en')} ${count === 1 ? 'photo' : 'photos'}`;
}
