import type { Camera } from '../domain/cameras/camera.ts';
import { checkedCameraName } from './camera-name.ts';

/** Where settings are kept. */
export interface OverrideStore {
  get<T>(key: string, check: (value: unknown) => T): Promise<T | undefined>;
  set(key: string, value: unknown): Promise<void>;
  /** Reports a part of a value that can't be read, and is skipped. */
  skipped(key: string, part: string, why: string): void;
}

/** The fields that admins can change of a camera of the command line. */
export type CameraOverride = Partial<Pick<Camera, 'name' | 'enabled' | 'position' | 'bestPhotos' | 'substream'>>;

const key = 'camera_overrides';

/** Changes that admins made to cameras of the command line, by camera id. */
export class CameraOverrides {
  readonly #store: OverrideStore;
  /** As stored: an override that can't be read is kept. */
  #overrides: Readonly<Record<string, unknown>>;

  private constructor(store: OverrideStore, overrides: Readonly<Record<string, unknown>>) {
    this.#store = store;
    this.#overrides = overrides;
  }

  /** Reads the overrides. */
  static async open(store: OverrideStore): Promise<CameraOverrides> {
    const overrides = new CameraOverrides(store, (await store.get(key, recordOf)) ?? {});
    // Reports all that can't be read.
    for (const id of Object.keys(overrides.#overrides)) overrides.#of(id);
    return overrides;
  }

  /** The camera with its overrides. */
  apply(camera: Camera): Camera {
    return { ...camera, ...this.#of(camera.id) };
  }

  /** Changes a camera. */
  async set(id: string, change: CameraOverride): Promise<void> {
    this.#overrides = { ...this.#overrides, [id]: { ...this.#of(id), ...change } };
    await this.#store.set(key, this.#overrides);
  }

  /** What can be read of an override. Off is a privacy switch: one that can't be read is off. */
  #of(id: string): CameraOverride {
    const stored = Object.hasOwn(this.#overrides, id) ? this.#overrides[id] : undefined;
    if (stored === undefined) return {};
    const field = <T>(name: keyof CameraOverride, read: (value: unknown) => T, otherwise?: T): object => {
      try {
        const value = recordOf(stored)[name];
        return value === undefined ? {} : { [name]: read(value) };
      } catch (error) {
        this.#store.skipped(key, id, error instanceof Error ? error.message : String(error));
        return otherwise === undefined ? {} : { [name]: otherwise };
      }
    };
    return {
      ...field('name', (name) => checkedCameraName(String(name))),
      ...field('position', wholeNumber),
      ...field('bestPhotos', choice),
      ...field('substream', address),
      ...field('enabled', choice, false),
    };
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('the value is not an object');
  return value as Readonly<Record<string, unknown>>;
}

function choice(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new Error('a switch is not true or false');
  return value;
}

function address(value: unknown): string | null {
  if (value !== null && typeof value !== 'string') throw new Error('the sub-stream is not an address');
  return value;
}

function wholeNumber(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw new Error('the position is not a whole number');
  return value as number;
}
