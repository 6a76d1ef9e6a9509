import type { Device } from '../../domain/mode.ts';

/** What {@link Devices} is made of. */
export interface DevicesOptions {
  /** Looks for devices, without opening those of the given paths. */
  readonly list: (closed: readonly string[]) => Promise<readonly Device[]>;
  /** Starts telling of devices that come and go; missing where that cannot be known. */
  readonly watch?: ((onChange: () => void) => Disposable) | undefined;
  /** The paths of cameras that are switched off: nothing opens them. */
  readonly closed: () => readonly string[];
  /** Called at once when a device has come or gone, before anybody has looked which. */
  readonly onStir: () => void;
  /** Called when the list has changed. */
  readonly onChange: (devices: readonly Device[]) => void;
}

/** How long a list is good for those who do not need it fresh, in milliseconds. */
const goodFor = 10_000;

/** The capture devices of this machine, looked for when somebody asks and when they come and go. */
export class Devices {
  readonly #options: DevicesOptions;
  #watch: Disposable | null = null;
  #known: { readonly devices: readonly Device[]; readonly at: number } | null = null;
  #running: Promise<readonly Device[]> | null = null;
  #following: Promise<readonly Device[]> | null = null;

  constructor(options: DevicesOptions) {
    this.#options = options;
  }

  /** Starts watching for devices that come and go. */
  start(): void {
    this.#watch ??= this.#options.watch?.(() => void this.#stirred()) ?? null;
  }

  /** The devices as they are now. Looking costs a process; those who ask meanwhile share the next look. */
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

  /** The node that a device's path stood for when it was last seen; the path itself when it was not. */
  nodeOf(path: string): string {
    return this.#known?.devices.find((device) => device.path === path)?.node ?? path;
  }

  /** Forgets what was seen: it may not be so any more. */
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
    const before = JSON.stringify(this.#known?.devices);
    const devices = await this.list();
    if (JSON.stringify(devices) !== before) this.#options.onChange(devices);
  }

  #look(): Promise<readonly Device[]> {
    const closed = new Map(this.#options.closed().map((path) => [this.nodeOf(path), path]));
    this.#running = this.#options
      .list([...closed.keys()])
      .then((devices) => {
        // One that was not opened could not say where it is plugged in: it is who it was.
        const named = devices.map((device) =>
          device.bus === undefined && closed.has(device.node)
            ? { ...device, path: closed.get(device.node) ?? device.path }
            : device,
        );
        this.#known = { devices: named, at: performance.now() };
        return named;
      })
      .finally(() => {
        this.#running = null;
      });
    return this.#running;
  }
}
