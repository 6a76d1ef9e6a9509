import { controlOf, type Control, type ControlRequest, type ControlValues } from '../../domain/control.ts';
import { PortholeError } from '../../domain/errors.ts';
import type { Logger } from '../../domain/logger.ts';
import { isDevice } from '../../domain/source-kinds.ts';
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
    return camera.controlQueue(() => this.#perform(camera, { kind: 'read' }));
  }

  /**
   * Sets and keeps values.
   *
   * @throws {PortholeError} `invalid_input` with the control's id as the field; then nothing has changed.
   */
  set(camera: LiveCamera, values: ControlValues): Promise<readonly Control[]> {
    return camera.controlQueue(async () => {
      const controls = await this.#perform(camera, { kind: 'set', values });
      const lasting = Object.entries(values).filter(([id]) => controlOf(controls, id).type !== 'button');
      await this.#options.store.set(camera.id, Object.fromEntries(lasting.map(([id, value]) => [id, Number(value)])));
      this.#options.log.info({ camera: camera.id, controls: values }, 'camera controls set');
      return controls;
    });
  }

  /** Sets everything to the device's defaults and forgets what was set. */
  reset(camera: LiveCamera): Promise<readonly Control[]> {
    return camera.controlQueue(async () => {
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
    if (!isDevice(source)) {
      // Without controls, every id is an unknown one.
      if (request.kind === 'set') for (const id of Object.keys(request.values)) controlOf([], id);
      return [];
    }
    if (!camera.config.enabled) throw new PortholeError('camera_off');
    return (await camera.controls(request)) ?? this.#options.device(source.path, request);
  }
}
