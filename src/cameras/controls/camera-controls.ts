import { controlOf, type Control, type ControlRequest, type ControlValues } from '../../domain/control.ts';
import { PortholeError } from '../../domain/errors.ts';
import type { Logger } from '../../domain/logger.ts';
import type { LiveCamera } from '../live-camera.ts';

/** Where it is kept what controls were set to. */
export interface ControlStore {
  get(cameraId: string): Promise<ControlValues>;
  set(cameraId: string, values: Readonly<Record<string, number>>): Promise<void>;
  clear(cameraId: string): Promise<void>;
}

/** What {@link CameraControls} is made of. */
export interface CameraControlsOptions {
  readonly store: ControlStore;
  /** Reaches the controls of a device that nothing captures from. */
  readonly device: (path: string, request: ControlRequest) => Promise<readonly Control[]>;
  readonly log: Logger;
}

/** The controls of cameras: read and set on the device, kept, and given to each Capture that opens it. */
export class CameraControls {
  readonly #options: CameraControlsOptions;
  /** The last request of each camera: they follow each other, since some set several values one by one. */
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(options: CameraControlsOptions) {
    this.#options = options;
  }

  /** What to set before a camera's first picture. A database that fails does not keep a camera from opening. */
  async saved(cameraId: string): Promise<ControlValues> {
    try {
      return await this.#options.store.get(cameraId);
    } catch (error) {
      this.#options.log.warn({ camera: cameraId, err: error }, 'the saved controls cannot be read');
      return {};
    }
  }

  /** @throws {PortholeError} `camera_off`, or why the device cannot be reached. */
  read(camera: LiveCamera): Promise<readonly Control[]> {
    return this.#inTurn(camera, () => this.#perform(camera, { kind: 'read' }));
  }

  /**
   * Sets and keeps values.
   *
   * @throws {PortholeError} `invalid_input` with the control's id as the field; then nothing has changed.
   */
  set(camera: LiveCamera, values: ControlValues): Promise<readonly Control[]> {
    return this.#inTurn(camera, async () => {
      const controls = await this.#perform(camera, { kind: 'set', values });
      const lasting = Object.entries(values).filter(([id]) => controlOf(controls, id).type !== 'button');
      await this.#options.store.set(camera.id, Object.fromEntries(lasting.map(([id, value]) => [id, Number(value)])));
      this.#options.log.info({ camera: camera.id, controls: values }, 'camera controls set');
      return controls;
    });
  }

  /** Sets everything to the device's defaults and forgets what was set. */
  reset(camera: LiveCamera): Promise<readonly Control[]> {
    return this.#inTurn(camera, async () => {
      const controls = await this.#perform(camera, { kind: 'reset' });
      await this.#options.store.clear(camera.id);
      this.#options.log.info({ camera: camera.id }, 'camera controls reset');
      return controls;
    });
  }

  /** Forgets what was set: the camera has gone, or is another device now. */
  forget(cameraId: string): Promise<void> {
    return this.#options.store.clear(cameraId);
  }

  async #perform(camera: LiveCamera, request: ControlRequest): Promise<readonly Control[]> {
    const { source } = camera;
    if (source.kind !== 'v4l2') {
      if (request.kind === 'set') for (const id of Object.keys(request.values)) controlOf([], id);
      return [];
    }
    if (!camera.config.enabled) throw new PortholeError('camera_off');
    return (await camera.supervisor.controls(request)) ?? this.#options.device(source.path, request);
  }

  #inTurn<T>(camera: LiveCamera, work: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(camera.id) ?? Promise.resolve()).then(work, work);
    const settled = turn.catch(() => undefined);
    this.#last.set(camera.id, settled);
    void settled.then(() => this.#last.get(camera.id) === settled && this.#last.delete(camera.id));
    return turn;
  }
}
