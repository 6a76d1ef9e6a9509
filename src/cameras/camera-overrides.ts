import type { Camera } from '../domain/camera.ts';

/** Where settings are kept. */
export interface OverrideStore {
  get<T>(key: string): Promise<T | undefined>;
  set(key: string, value: unknown): Promise<void>;
}

/** The fields that admins can change of a camera of the command line. */
export type CameraOverride = Partial<Pick<Camera, 'name' | 'enabled' | 'position' | 'bestPhotos'>>;

const key = 'camera_overrides';

/** Changes that admins made to cameras of the command line, by camera id. */
export class CameraOverrides {
  readonly #store: OverrideStore;
  #overrides: Readonly<Record<string, CameraOverride>>;

  private constructor(store: OverrideStore, overrides: Readonly<Record<string, CameraOverride>>) {
    this.#store = store;
    this.#overrides = overrides;
  }

  /** Reads the overrides. */
  static async open(store: OverrideStore): Promise<CameraOverrides> {
    return new CameraOverrides(store, (await store.get<Readonly<Record<string, CameraOverride>>>(key)) ?? {});
  }

  /** The camera with its overrides. */
  apply(camera: Camera): Camera {
    return { ...camera, ...this.#overrides[camera.id] };
  }

  /** Changes a camera. */
  async set(id: string, change: CameraOverride): Promise<void> {
    this.#overrides = { ...this.#overrides, [id]: { ...this.#overrides[id], ...change } };
    await this.#store.set(key, this.#overrides);
  }
}
