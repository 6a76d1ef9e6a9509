import { constants } from 'node:os';
import type { Control, ControlRequest, ControlValues } from '../../domain/cameras/control.ts';
import { PortholeError } from '../../domain/errors.ts';
import type { Mode } from '../../domain/cameras/mode.ts';
import { explainDevice } from '../device-errors.ts';
import { DeviceControls } from './controls.ts';
import { V4l2Device } from './device.ts';
import { listModes } from './modes.ts';
import { captureFacts, nodeOf } from './nodes.ts';
import { Struct } from './structs.ts';
import { sentence } from '../../messages/sentence.ts';

const { errno } = constants;

/** The Modes and controls of a V4L2 device. Its frames are read by other classes. */
export class V4l2Camera implements Disposable {
  /** The opened node: `/dev/video0`, or a symbolic link to it. */
  readonly node: string;
  readonly #device: V4l2Device;
  readonly #controls: DeviceControls;

  private constructor(node: string, device: V4l2Device) {
    this.node = node;
    this.#device = device;
    this.#controls = new DeviceControls(device);
  }

  /**
   * Opens a device by its path, or by its place on a bus.
   *
   * @throws {PortholeError} why it cannot be opened, or `source_not_video` if it captures no video.
   */
  static async open(path: string): Promise<V4l2Camera> {
    const node = await nodeOf(path);
    const device = openDevice(node, path);
    try {
      const code = device.call('VIDIOC_QUERYCAP', new Struct('v4l2_capability'));
      // The struct layouts of this architecture are unknown: the device is used in its current Mode.
      if (code === errno.ENOSYS) return new V4l2Camera(node, device);
      if (code !== 0 && code !== errno.ENOTTY) throw explainDevice(path)(-code);
      if (captureFacts(device, node) === null) {
        throw new PortholeError('source_not_video', {
          message: sentence('camera_no_capture'),
          detail: path,
        });
      }
      return new V4l2Camera(node, device);
    } catch (error) {
      device[Symbol.dispose]();
      throw error;
    }
  }

  /** Every Mode that the device offers. */
  get modes(): readonly Mode[] {
    return listModes(this.#device);
  }

  /** Reads or sets controls. @throws {PortholeError} `invalid_input` for a bad value. */
  controls(request: ControlRequest): readonly Control[] {
    return this.#controls.perform(request);
  }

  /** Sets the saved values. @returns the errors of those that could not be set */
  restore(values: ControlValues): readonly PortholeError[] {
    return this.#controls.restore(values);
  }

  [Symbol.dispose](): void {
    this.#device[Symbol.dispose]();
  }
}

function openDevice(node: string, path: string): V4l2Device {
  try {
    return V4l2Device.open(node);
  } catch (error) {
    throw explainDevice(path)((error as NodeJS.ErrnoException).errno ?? 0);
  }
}
