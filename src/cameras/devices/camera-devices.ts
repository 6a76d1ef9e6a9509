import { realpath } from 'node:fs/promises';
import type { FoundWebcam, FoundWebcams } from '../../domain/cameras/found-webcam.ts';
import type { Device } from '../../domain/cameras/mode.ts';
import { isDevice, type DeviceSource } from '../../domain/cameras/source-kinds.ts';
import type { CameraRegistry } from '../camera-registry.ts';
import { deviceUsers } from './device-users.ts';
import { Devices, type DevicesOptions } from './devices.ts';
import { missingWebcams } from './missing-webcams.ts';

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

  /** The webcams of this machine with the cameras that they are, and why others are missing. */
  async found(): Promise<FoundWebcams> {
    const devices = await this.list();
    const missing = await missingWebcams(devices.map(({ node }) => node));
    return { webcams: await Promise.all(devices.map((device) => this.#found(device))), missing };
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

  async #found(device: Device): Promise<FoundWebcam> {
    for (const camera of this.#cameras) {
      const { source, config, fixed } = camera;
      if (!isDevice(source)) continue;
      const isSame =
        [device.path, device.node].includes(source.path) || (await nodeBehind(source.path)) === device.node;
      if (!isSame) continue;
      const { id, name, enabled } = config;
      // While Porthole itself has it open, its own process would be found.
      const usedBy = camera.info.state.kind === 'closed' ? await userOf(device) : null;
      return { device, camera: { id, name, enabled, fixed }, usedBy };
    }
    return { device, camera: null, usedBy: await userOf(device) };
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

/** The node that a path is a link to; the path itself if it is none. */
async function nodeBehind(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

/** The program that has a device open, for messages. */
async function userOf({ node }: Device): Promise<string | null> {
  const [user] = await deviceUsers(node).catch(() => []);
  return user === undefined ? null : `${user.name} (pid ${user.pid})`;
}
