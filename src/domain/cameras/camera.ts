import type { Sentence } from '../../messages/sentence.ts';
import type { Problem } from '../errors.ts';
import type { VideoCodec } from '../media/rendition.ts';
import type { Mode } from './mode.ts';

/** A configured device or stream, with a name and an id that never changes. */
export interface Camera {
  /** Used in URLs: lower-case letters, digits and dashes, derived from the first name. */
  readonly id: string;
  /** The name that people see: any text of 1 to 60 characters. */
  readonly name: string;
  /** Where its frames come from, as written; see {@link parseSource}. May contain a password. */
  readonly source: string;
  /** False while an admin has switched it off, when nothing may open it. */
  readonly enabled: boolean;
  /** Its position among the cameras, from 0. */
  readonly position: number;
  /** True if a photo may switch the device to its largest Mode for a moment, while viewers wait. */
  readonly bestPhotos?: boolean;
  /** Of a network camera: the address of its second, smaller stream, as written; see {@link parseSubstream}. */
  readonly substream?: string | null;
}

/**
 * The state of a Camera:
 *
 * - `closed`: nobody watches, and the device is released.
 * - `opening`: a Capture is starting.
 * - `live`: frames arrive.
 * - `reconnecting`: the Capture failed because of `problem`; the next attempt is at `retryAt`.
 * - `off`: an admin has switched it off for privacy.
 */
export type CameraState =
  | { readonly kind: 'closed' }
  | {
      readonly kind: 'opening';
      readonly since: number;
      /** True while the Mode is switched for a photo. */ readonly photo?: true;
      /** Set while frames arrive that cannot be decoded before the next keyframe. */ readonly waitingFor?: 'keyframe';
    }
  | {
      readonly kind: 'live';
      readonly since: number;
      /** The size of the source's frames, in pixels. */
      readonly width: number;
      readonly height: number;
      /** Frames per second, measured over the last seconds; 0 until known. */
      readonly fps: number;
      /** FFmpeg's name of the source's codec or pixel format: `mjpeg`, `h264`, `yuyv422`, … */
      readonly format: string;
      /** The rate that the source announces, in frames per second; left out if it announces none. */
      readonly claimedFps?: number;
      /** True if the source has audio; left out if not. */
      readonly audio?: true;
      /** Why the Mode is not the one that was asked for, in a sentence. */
      readonly warning?: string | Sentence;
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

/** A Camera as every client may see it, with its state and sizes but without its source. */
export interface CameraInfo {
  readonly id: string;
  readonly name: string;
  readonly state: CameraState;
  readonly enabled: boolean;
  readonly position: number;
  /** The widths in pixels that this camera offers, smallest first: the ladder up to its own width. */
  readonly widths: readonly number[];
  /** The size of the source's frames in pixels; null until it is known. */
  readonly size: { readonly width: number; readonly height: number } | null;
  /** Of a camera with a sub-stream: up to this width in pixels, video of this codec usually is passed through. */
  readonly small?: { readonly width: number; readonly codec: VideoCodec };
}

/** A Camera as admins see it. */
export interface CameraDetails extends CameraInfo {
  /** The source as it may be shown: an address without its path and login. See `redactSource`. */
  readonly source: string;
  /** The second, smaller stream of a network camera, as it may be shown; null without one. */
  readonly substream: string | null;
  /** True for a camera from the command line (`--camera`), whose source cannot be changed in Settings. */
  readonly fixed: boolean;
  /** See {@link Camera.bestPhotos}. */
  readonly bestPhotos: boolean;
  /** The Modes that the device offers; empty for streams and files. */
  readonly modes: readonly Mode[];
}

/**
 * Derives a camera id from a name: lower-case ASCII letters, digits and single dashes, at most 40 characters.
 *
 * @returns `camera` if no character of the name can be used
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

/** Returns an id for a new camera: {@link cameraIdFrom}, followed by a number if that id is taken. */
export function uniqueCameraId(name: string, taken: ReadonlySet<string>): string {
  const base = cameraIdFrom(name);
  if (!taken.has(base)) return base;
  let number = 2;
  while (taken.has(`${base}-${number}`)) number += 1;
  return `${base}-${number}`;
}

/** The name, with a number if another camera has it, ignoring case; at most 60 characters. */
export function freeCameraName(name: string, taken: readonly string[]): string {
  const base = [...name.trim()].slice(0, 56).join('') || 'Camera';
  const used = new Set(taken.map((each) => each.toLowerCase()));
  let free = base;
  for (let number = 2; used.has(free.toLowerCase()); number += 1) free = `${base} ${number}`;
  return free;
}
