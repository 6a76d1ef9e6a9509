import type { Problem } from './errors.ts';
import type { Mode } from './mode.ts';

/** A configured device or stream with a name and an id that never changes. */
export interface Camera {
  /** Lower-case letters, digits and dashes, made from the first name; what URLs use. */
  readonly id: string;
  /** What people call it; any text of 1 to 60 characters. */
  readonly name: string;
  /** Where its frames come from, as written: see {@link file://./source.ts}. May hold a password. */
  readonly source: string;
  /** False while an admin has switched it off: then nothing opens it. */
  readonly enabled: boolean;
  /** Where it stands among the others, from 0. */
  readonly position: number;
  /** True if a photo may take the device to its largest Mode for a moment, while viewers wait; false when missing. */
  readonly bestPhotos?: boolean;
}

/**
 * The state of a Camera as everybody sees it:
 *
 * - `closed`: nobody watches, the device is released;
 * - `opening`: a Capture is starting;
 * - `live`: frames arrive;
 * - `reconnecting`: the Capture failed; `problem` says why, `since` since when, `retryAt` when it is tried next;
 * - `off`: an admin's privacy switch.
 */
export type CameraState =
  | { readonly kind: 'closed' }
  | {
      readonly kind: 'opening';
      readonly since: number;
      /** True while the Mode is switched for a photo. */ readonly photo?: true;
    }
  | {
      readonly kind: 'live';
      readonly since: number;
      /** The source's picture in pixels. */
      readonly width: number;
      readonly height: number;
      /** Measured frames per second over the last seconds; 0 until known. */
      readonly fps: number;
      /** What the source delivers: `mjpeg`, `h264`, `yuyv422`, …, in FFmpeg's names. */
      readonly format: string;
      /** The rate that the source says it has, in frames per second, if it does. */
      readonly claimedFps?: number;
      /** True if it has sound as well; left out if not. */
      readonly audio?: true;
      /** Why this is not the Mode that was asked for, in a sentence. */
      readonly warning?: string;
    }
  | {
      readonly kind: 'reconnecting';
      readonly problem: Problem;
      /** Milliseconds since the epoch. */
      readonly since: number;
      /** Milliseconds since the epoch. */
      readonly retryAt: number;
    }
  | { readonly kind: 'off' };

/** A Camera as people and programs see it: its source's password hidden, with state and sizes. */
export interface CameraInfo {
  readonly id: string;
  readonly name: string;
  readonly state: CameraState;
  readonly enabled: boolean;
  readonly position: number;
  /** Widths in pixels that this camera offers, smallest first; the ladder cut at its own width. */
  readonly widths: readonly number[];
  /** The source's own size in pixels, once it has been seen. */
  readonly size: { readonly width: number; readonly height: number } | null;
}

/** What admins see beside {@link CameraInfo}. */
export interface CameraDetails extends CameraInfo {
  /** The source with any password replaced by `•••`. */
  readonly source: string;
  /** True for a camera given at the start (--camera): its source is changed there; name, place and switch here. */
  readonly fixed: boolean;
  /** True if a photo may take the device to its largest Mode for a moment. */
  readonly bestPhotos: boolean;
  /** What the device offers; empty for streams and files. */
  readonly modes: readonly Mode[];
}

/**
 * Makes a camera id from a name: lower-case ASCII letters, digits and single dashes, at most 40 characters.
 *
 * @returns `camera` when nothing of the name is left.
 */
export function cameraIdFrom(name: string): string {
  const id = name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  return id === '' ? 'camera' : id;
}

/** The id for a new camera: {@link cameraIdFrom}, with a number behind it when that is taken. */
export function uniqueCameraId(name: string, taken: ReadonlySet<string>): string {
  const base = cameraIdFrom(name);
  if (!taken.has(base)) return base;
  let number = 2;
  while (taken.has(`${base}-${number}`)) number += 1;
  return `${base}-${number}`;
}
