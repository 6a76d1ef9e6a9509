import { PortholeError } from '../domain/errors.ts';
import type { LiveCamera } from './live-camera.ts';

/** The cameras that exist, by id. */
export class CameraRegistry implements Iterable<LiveCamera> {
  readonly #cameras = new Map<string, LiveCamera>();

  get size(): number {
    return this.#cameras.size;
  }

  /** The ids in use. */
  get ids(): ReadonlySet<string> {
    return new Set(this.#cameras.keys());
  }

  /** All cameras in the order in which they are shown. */
  get sorted(): readonly LiveCamera[] {
    return [...this.#cameras.values()].sort((a, b) => a.config.position - b.config.position);
  }

  /** The position of the last camera; -1 without cameras. */
  get lastPosition(): number {
    return Math.max(-1, ...Array.from(this, ({ config }) => config.position));
  }

  [Symbol.iterator](): Iterator<LiveCamera> {
    return this.#cameras.values();
  }

  has(id: string): boolean {
    return this.#cameras.has(id);
  }

  /** @throws {PortholeError} `camera_not_found` */
  get(id: string): LiveCamera {
    const camera = this.#cameras.get(id);
    if (camera === undefined) throw new PortholeError('camera_not_found');
    return camera;
  }

  /** The camera with this id, else the one with this name, ignoring case. */
  find(idOrName: string): LiveCamera | undefined {
    const wanted = idOrName.toLowerCase();
    return this.#cameras.get(idOrName) ?? this.sorted.find(({ config }) => config.name.toLowerCase() === wanted);
  }

  add(camera: LiveCamera): void {
    this.#cameras.set(camera.id, camera);
  }

  /** Removes a camera and ends its viewers. Resolves once its device is free. */
  async remove(camera: LiveCamera): Promise<void> {
    this.#cameras.delete(camera.id);
    await camera.close();
  }
}
