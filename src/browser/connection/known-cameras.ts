import type { CameraInfo } from '../../domain/cameras/camera.ts';

/** The cameras as the server last reported them. */
export class KnownCameras {
  readonly #cameras = new Map<string, CameraInfo>();
  #complete = false;

  /** A camera; null if it does not exist, undefined while unknown. */
  get(id: string): CameraInfo | null | undefined {
    return this.#cameras.get(id) ?? (this.#complete ? null : undefined);
  }

  /** Adds or updates these cameras. */
  add(cameras: readonly CameraInfo[]): void {
    for (const camera of cameras) this.#cameras.set(camera.id, camera);
  }

  /** Replaces all cameras; the list is complete from now on. */
  replace(cameras: readonly CameraInfo[]): void {
    this.#cameras.clear();
    this.#complete = true;
    this.add(cameras);
  }
}
