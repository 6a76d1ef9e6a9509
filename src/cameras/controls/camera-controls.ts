import { controlOf, type Control, type ControlRequest, type ControlValues } from '../../domain/cameras/control.ts';
import { PortholeError } from '../../domain/errors.ts';
import type { Logger } from '../../domain/logger.ts';
import { isDevice } from '../../domain/cameras/source-kinds.ts';
import type { LiveCamera } from '../live-camera.ts';

/** Where the values of controls are kept. */
export interface ControlStore {
  get(cameraId: string): Promise<ControlValues>;
  set(cameraId: string, values: Readonly<Record<string, number>>): Promise<void>;
  clear(cameraId: string): Promise<void>;
}

/** Options of {@link CameraControls}. */
export interface CameraControlsOptions {
  readonly store: ControlStore;
  /** Reads or sets the controls of a device that no Capture has open. */
  readonly device: (path: string, request: ControlRequest) => Promise<readonly Control[]>;
  readonly log: Logger;
}

/** The controls of cameras: read and set on the device, stored, and applied by each Capture that opens it. */
export class CameraControls {
  readonly #options: CameraControlsOptions;

  constructor(options: CameraControlsOptions) {
    this.#options = options;
  }

  /** The values to set before a camera's first frame. A database error does not keep the camera from opening. */
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
   * Sets and stores values.
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

  /** Resets everything to the device's defaults and deletes the stored values. */
  reset(camera: LiveCamera): Promise<readonly Control[]> {
    return camera.controlQueue(async () => {
      const controls = await this.#perform(camera, { kind: 'reset' });
      await this.#options.store.clear(camera.id);
      this.#options.log.info({ camera: camera.id }, 'camera controls reset');
      return controls;
    });
  }

  /** Deletes the stored values: the camera was removed, or has another device now. */
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
