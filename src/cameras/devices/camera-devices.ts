import { realpath } from 'node:fs/promises';
import type { Device } from '../../domain/mode.ts';
import { isDevice, type DeviceSource } from '../../domain/source-kinds.ts';
import type { CameraRegistry } from '../camera-registry.ts';
import { Devices, type DevicesOptions } from './devices.ts';

/** Options of {@link CameraDevices}. */
export interface CameraDevicesOptions extends Pick<DevicesOptions, 'list' | 'watch' | 'onChange'> {
  readonly cameras: CameraRegistry;
}

/** The capture devices of this machine and the cameras that use them. */
export class CameraDevices {
  readonly #cameras: CameraRegistry;
  readonly #devices: Devices;

  constructor({ cameras, ...options }: CameraDevicesOptions) {
    this.#cameras = cameras;
    this.#devices = new Devices({
      ...options,
      closed: () => this.#closedPaths(),
      onStir: () => this.#retry(),
    });
  }

  /** Starts watching for devices that come and go. */
  start(): void {
    this.#devices.start();
  }

  /** The devices as they are now. */
  list(): Promise<readonly Device[]> {
    return this.#devices.list();
  }

  /** The Modes of a device. */
  async modesOf({ path }: DeviceSource): Promise<Device['modes']> {
    const devices = await this.#devices.recent();
    // The device may have another path by now: a second one like it was plugged in, or udev has made its links.
    const node = await realpath(path).catch(() => path);
    return devices.find((device) => device.path === path || device.node === node)?.modes ?? [];
  }

  /** The node of a device's path, as last seen; the path itself if it was never seen. */
  nodeOf(path: string): string {
    return this.#devices.nodeOf(path);
  }

  /** True for the device of a camera that is switched off, whichever of its paths is given. */
  async isSwitchedOff({ path }: DeviceSource): Promise<boolean> {
    const node = (each: string): Promise<string> => {
      const known = this.#devices.nodeOf(each);
      return realpath(known).catch(() => known);
    };
    return (await Promise.all(this.#closedPaths().map(node))).includes(await node(path));
  }

  /** Looks again before the next answer: a camera was switched on or off. */
  stale(): void {
    this.#devices.stale();
  }

  /** Stops watching. Idempotent. */
  close(): void {
    this.#devices.close();
  }

  /** The devices of cameras that are switched off, unless another camera that is on uses the same one. */
  #closedPaths(): readonly string[] {
    const paths = (enabled: boolean): readonly string[] =>
      Array.from(this.#cameras).flatMap(({ source, config }) =>
        isDevice(source) && config.enabled === enabled ? [source.path] : [],
      );
    const open = new Set(paths(true));
    return paths(false).filter((path) => !open.has(path));
  }

  /** A device has come or gone: cameras that wait for one try now. */
  #retry(): void {
    for (const camera of this.#cameras) if (isDevice(camera.source)) camera.retryNow();
  }
}
