import type { CameraInfo } from '../../domain/camera.ts';

/** The cameras as the server last told of them. */
export class KnownCameras {
  readonly #cameras = new Map<string, CameraInfo>();
  #complete = false;

  /** A camera as it is now; null when there is none with this id, undefined as long as that is not known. */
  get(id: string): CameraInfo | null | undefined {
    return this.#cameras.get(id) ?? (this.#complete ? null : undefined);
  }

  /** These are so now; others may be as they were. */
  add(cameras: readonly CameraInfo[]): void {
    for (const camera of cameras) this.#cameras.set(camera.id, camera);
  }

  /** These are all. */
  replace(cameras: readonly CameraInfo[]): void {
    this.#cameras.clear();
    this.#complete = true;
    this.add(cameras);
  }
}
