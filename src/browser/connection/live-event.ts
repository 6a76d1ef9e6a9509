import type { CameraInfo } from '../../domain/cameras/camera.ts';
import type { Problem } from '../../domain/errors.ts';
import type { Device } from '../../domain/cameras/mode.ts';
import type { Photo } from '../../domain/photo.ts';
import type { Codec } from '../../domain/media/rendition.ts';
import type { Role } from '../../domain/users/role.ts';
import type { Watching } from '../../domain/users/watching.ts';

/** A JSON message from the server to a page. */
export type LiveEvent =
  | { readonly type: 'hello'; readonly cameras: readonly CameraInfo[]; readonly role: Role; readonly now: number }
  | { readonly type: 'camera'; readonly camera: CameraInfo }
  | { readonly type: 'cameras'; readonly cameras: readonly CameraInfo[] }
  | { readonly type: 'devices'; readonly devices: readonly Device[] }
  | { readonly type: 'photo'; readonly photo: Photo }
  | { readonly type: 'photos-deleted'; readonly ids: readonly string[] }
  | { readonly type: 'watching'; readonly camera: string; readonly watching: Watching }
  | {
      readonly type: 'view';
      readonly view: number;
      readonly stream: number;
      readonly width: number | 'source';
      readonly codec: Codec;
    }
  | { readonly type: 'view-error'; readonly view: number; readonly error: Problem }
  | { readonly type: 'pong'; readonly t: number; readonly now: number }
  | { readonly type: 'signed-out' }
  | { readonly type: 'access-changed' }
  | { readonly type: 'error'; readonly error: Problem };

/** The stream that a view requests from the server. */
export interface ViewRequest {
  readonly camera: string;
  /** Pixels. */
  readonly width: number | 'source';
  readonly codec: Codec;
  /** The highest rate of JPEG frames, per second; without it all. */
  readonly fps?: number;
}
