import type { CameraDetails } from '../../src/domain/cameras/camera.ts';
import type { Control } from '../../src/domain/cameras/control.ts';
import type { Photo } from '../../src/domain/photo.ts';
import { defaultPreferences } from '../../src/domain/users/preferences.ts';
import type { Shell } from '../../src/pages/models.ts';

/** Text that breaks out of a page that does not escape it. */
export const hostile = `</script><img src=x onerror="alert(1)">'&`;
/** A camera whose texts are hostile. */
export const camera: CameraDetails = {
  id: 'front',
  name: hostile,
  state: { kind: 'closed' },
  enabled: true,
  position: 0,
  widths: [320, 640, 1280],
  size: { width: 1280, height: 720 },
  source: hostile,
  fixed: false,
  modes: [],
  bestPhotos: false,
  substream: null,
};
/** A photo whose texts are hostile. */
export const photo: Photo = {
  id: 'p1',
  cameraId: 'front',
  cameraName: hostile,
  takenAt: Date.UTC(2026, 10, 22, 14, 32, 8),
  takenBy: hostile,
  width: 1280,
  height: 720,
  bytes: 400_000,
  fileName: 'a.jpg',
};
/** What every page has. */
export const shell: Shell = {
  language: 'en',
  user: { username: 'maria', role: 'admin' },
  csrf: 'the-token',
  cameras: [camera, { ...camera, id: 'back' }],
  flash: { kind: 'error', text: hostile, details: hostile },
  path: '/?camera=front',
  assets: {
    style: '/assets/s.css',
    live: '/assets/l.js',
    photos: '/assets/p.js',
    settings: '/assets/t.js',
    ptz: '/assets/ptz.js',
    imports: { live: ['/assets/a.js', '/assets/b.js'] },
  },
  version: '1.2.3',
  access: 'private',
  preferences: defaultPreferences,
  savesData: false,
  times: { locale: 'en-GB', zone: null, serverZone: 'UTC' },
};
/** An error whose texts are hostile. */
export const problem = { code: 'camera_busy', message: hostile, detail: hostile } as const;
/** Somebody who has not started the stream. */
export const still = { streaming: false, width: 'source' } as const;
/** The live page of {@link camera}, not started. */
export const live = {
  ...shell,
  camera,
  watching: still,
  photos: [photo],
  mayCapture: true,
  posters: [camera.id],
  kiosk: false,
};
/** A token that only watches. */
export const token = {
  id: 't',
  name: hostile,
  username: 'maria',
  createdAt: 0,
  lastUsedAt: null,
  scope: 'watch',
  cameras: [hostile],
  expiresAt: 1,
  role: 'viewer',
} as const;
/** The form of a camera. */
export const values = { name: hostile, source: hostile };
/** The page that connects programs. */
export const connecting = {
  ...shell,
  camera,
  server: 'https://cam.example.org',
  rtsp: null,
  width: 'source',
  fps: null,
  program: null,
  newToken: null,
  mayCreateToken: true,
  origins: [hostile],
  error: null,
} as const;

/** The form of a camera that nobody has tested. */
export const untested = { missing: null, test: null, error: null } as const;
const control = { id: 'x', name: hostile, group: hostile, inactive: false, readonly: false } as const;
const number = { ...control, type: 'integer', min: 1, max: 9, step: 2, default: 1, value: 3, unit: hostile } as const;
/** One control of each type. */
export const controls: readonly Control[] = [
  { ...number, id: 'brightness' },
  { ...number, id: 'exposure_time', inactive: true, unit: '100 µs' },
  { ...control, id: 'auto_exposure', type: 'menu', options: [{ value: 0, label: hostile }], default: 0, value: 0 },
  { ...control, id: 'link', type: 'intmenu', options: [{ value: 0, label: 400 }], default: 0, value: 7 },
  { ...control, id: 'flip', type: 'boolean', default: false, value: true },
  { ...control, id: 'focus', type: 'button' },
];
