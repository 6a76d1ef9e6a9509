import type { Device } from '../../domain/cameras/mode.ts';

/** Options of {@link Devices}. */
export interface DevicesOptions {
  /** Finds the devices, without opening those of the given paths. */
  readonly list: (closed: readonly string[]) => Promise<readonly Device[]>;
  /** Starts reporting devices that come and go; missing if that is not possible. */
  readonly watch?: ((onChange: () => void) => Disposable) | undefined;
  /** The paths of cameras that are switched off: nothing opens them. */
  readonly closed: () => readonly string[];
  /** Called as soon as a device has come or gone, before it is known which. */
  readonly onStir: () => void;
  /** Called when the list has changed. */
  readonly onChange: (devices: readonly Device[]) => void;
}

/** How long {@link Devices.recent} returns the same list, in milliseconds. */
const goodFor = 10_000;

/** The capture devices of this machine. They are searched for on request and when devices come and go. */
export class Devices {
  readonly #options: DevicesOptions;
  #watch: Disposable | null = null;
  #known: { readonly devices: readonly Device[]; readonly at: number } | null = null;
  /** The devices of the last report, or of the first search, as JSON. */
  #reported: string | undefined;
  #running: Promise<readonly Device[]> | null = null;
  #following: Promise<readonly Device[]> | null = null;

  constructor(options: DevicesOptions) {
    this.#options = options;
  }

  /** Starts watching for devices that come and go. */
  start(): void {
    this.#watch ??= this.#options.watch?.(() => void this.#stirred()) ?? null;
  }

  /** The devices as they are now. A search costs a process; calls during one share the next. */
  list(): Promise<readonly Device[]> {
    if (this.#running === null) return this.#look();
    this.#following ??= this.#running.then(() => {
      this.#following = null;
      return this.#look();
    });
    return this.#following;
  }

  /** The devices as they were moments ago. */
  async recent(): Promise<readonly Device[]> {
    if (this.#known !== null && performance.now() - this.#known.at < goodFor) return this.#known.devices;
    return this.#running ?? this.list();
  }

  /** The node of a device's path, as last seen; the path itself if it was never seen. */
  nodeOf(path: string): string {
    return this.#known?.devices.find((device) => device.path === path)?.node ?? path;
  }

  /** Makes {@link recent} search again. */
  stale(): void {
    this.#known = this.#known === null ? null : { ...this.#known, at: -Infinity };
  }

  /** Stops watching. Idempotent. */
  close(): void {
    this.#watch?.[Symbol.dispose]();
    this.#watch = null;
  }

  async #stirred(): Promise<void> {
    this.#options.onStir();
    const devices = await this.list();
    const now = JSON.stringify(devices);
    // Compared with what was reported: somebody else's search may have found the change first.
    if (now === this.#reported) return;
    this.#reported = now;
    this.#options.onChange(devices);
  }

  #look(): Promise<readonly Device[]> {
    const closed = new Map(this.#options.closed().map((path) => [this.nodeOf(path), path]));
    this.#running = this.#options
      .list([...closed.keys()])
      .then((devices) => {
        // A device that was not opened has no bus address: it keeps its path.
        const named = devices.map((device) =>
          device.bus === undefined && closed.has(device.node)
            ? { ...device, path: closed.get(device.node) ?? device.path }
            : device,
        );
        this.#known = { devices: named, at: performance.now() };
        this.#reported ??= JSON.stringify(named);
        return named;
      })
      .finally(() => {
        this.#running = null;
      });
    return this.#running;
  }
}
