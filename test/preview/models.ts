import { readFileSync } from 'node:fs';
import type { CameraDetails, CameraInfo, CameraState } from '../../src/domain/camera.ts';
import type { Device } from '../../src/domain/mode.ts';
import type { Photo } from '../../src/domain/photo.ts';
import type { Assets, GalleryDay, Shell } from '../../src/pages/models.ts';
import type { Watching } from '../../src/domain/watching.ts';

const widths = [320, 480, 640, 960, 1280];
const size = { width: 1280, height: 720 };
const now = Date.now();
const lively: CameraState = { kind: 'live', since: now, width: 1280, height: 720, fps: 25, format: 'mjpeg' };

const camera = (id: string, name: string, state: CameraState, position: number): CameraInfo => ({
  id,
  name,
  state,
  enabled: state.kind !== 'off',
  position,
  widths,
  size: state.kind === 'off' ? null : size,
});

/** Cameras in every state; one with a hostile name. */
export const cameras: CameraInfo[] = [
  camera('harbour', 'Harbour', lively, 0),
  camera(
    'workshop',
    'Workshop',
    {
      kind: 'reconnecting',
      since: now,
      retryAt: now + 1_200_000,
      problem: {
        code: 'camera_unplugged',
        message: '“Logitech C920” went away at 14:32:10. Plug it in again and the picture comes back by itself.',
        detail: 'ENODEV: VIDIOC_DQBUF on /dev/video0',
      },
    },
    1,
  ),
  camera('printer', 'Printer', lively, 2),
  camera('door', 'Door', { kind: 'closed' }, 3),
  camera('safe', '<img src=x onerror=alert(1)> “Tresor” & </script>', { kind: 'off' }, 4),
];

/** What each camera's Session does; the preview's forms change it. */
export const watching = new Map<string, Watching>([
  ['harbour', { streaming: true, width: 'source' }],
  ['workshop', { streaming: true, width: 640 }],
  ['printer', { streaming: true, width: 640 }],
  ['door', { streaming: false, width: 640 }],
  ['safe', { streaming: false, width: 'source' }],
]);

/** Photos of three days. */
export const photos: Photo[] = Array.from({ length: 45 }, (_, index) => {
  const takenAt = now - index * 97 * 60_000;
  const from = cameras[index % 3 === 1 ? 2 : 0];
  return {
    id: `p${index}`,
    cameraId: from?.id ?? '',
    cameraName: from?.name ?? '',
    takenAt,
    takenBy: index % 4 === 3 ? null : 'maria',
    width: 1280,
    height: 720,
    bytes: 412_000 + index * 3000,
    fileName: `${new Date(takenAt).toISOString().slice(0, 10)}_harbour_p${index}.jpg`,
  };
});

/** The photos by day, as the gallery gets them. */
export function days(): GalleryDay[] {
  const of = (photo: Photo) => new Intl.DateTimeFormat('en-CA', { dateStyle: 'short' }).format(photo.takenAt);
  return Array.from(Map.groupBy(photos, of), ([day, ofDay]) => ({
    day,
    photos: ofDay,
    total: { day, count: ofDay.length, bytes: ofDay.reduce((sum, photo) => sum + photo.bytes, 0) },
  }));
}

/** Devices found on this machine. */
export const devices: Device[] = [
  {
    path: '/dev/v4l/by-id/usb-046d_HD_Pro_Webcam_C920-video-index0',
    node: '/dev/video0',
    name: 'HD Pro Webcam C920',
    modes: [
      { format: 'mjpeg', width: 1920, height: 1080, fps: 30 },
      { format: 'mjpeg', width: 1280, height: 720, fps: 30 },
      { format: 'yuyv422', width: 640, height: 480, fps: 30 },
    ],
  },
  { path: '/dev/video2', node: '/dev/video2', name: 'Integrated Camera', modes: [] },
];

/** What admins see of each camera. */
export const details: CameraDetails[] = cameras.map((each, index) => ({
  ...each,
  source:
    [
      '/dev/v4l/by-id/usb-046d_C920',
      'rtsp://maria:•••@192.168.1.20/stream',
      'test:',
      'http://10.0.0.7/mjpeg',
      'file:loop.mp4',
    ][index] ?? '',
  fixed: index === 2,
  modes: index === 0 ? (devices[0]?.modes ?? []) : [],
}));

/** The shell of a signed-in admin. */
export function shell(path: string, more: Partial<Shell> = {}): Shell {
  const assets = JSON.parse(readFileSync(new URL('../../dist/assets.json', import.meta.url), 'utf8')) as Assets;
  return {
    user: { username: 'maria', role: 'admin' },
    csrf: 'preview',
    cameras,
    flash: null,
    path,
    assets,
    version: '0.1.0',
    access: 'private',
    ...more,
  };
}
