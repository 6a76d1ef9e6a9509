import { type FSWatcher, watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Options of {@link DeviceWatch}; the defaults are for the real /dev. */
export interface DeviceWatchOptions {
  readonly folder?: string;
  /** How long to wait after a change before reporting it, in milliseconds: a camera has several nodes and links. */
  readonly debounce?: number;
  /** How often to poll if the folder cannot be watched, in milliseconds. */
  readonly poll?: number;
}

/** Writes to other devices, such as /dev/null, cause events too. After more than this in a second, the folder is polled. */
const mostOthers = 500;
/** Every write to a device causes an event. Owners and modes are compared at most this often, in milliseconds. */
const attributesInterval = 1_000;

/** Reports when video devices are added, removed or become accessible. Costs nothing in between. */
export class DeviceWatch implements Disposable {
  readonly #folder: string;
  readonly #debounce: number;
  readonly #poll: number;
  readonly #onChange: () => void;
  #watchers: FSWatcher[] = [];
  #poller: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  #firstChange = 0;
  /** The nodes with their owners and modes, as last seen. */
  #nodes = '';
  #nodesTimer: NodeJS.Timeout | undefined;
  #nodesAt = -Infinity;
  #others = 0;
  #othersSince = 0;
  #closed = false;

  private constructor(onChange: () => void, { folder = '/dev', debounce = 200, poll = 2_000 }: DeviceWatchOptions) {
    this.#onChange = onChange;
    this.#folder = folder;
    this.#debounce = debounce;
    this.#poll = poll;
  }

  /** Starts watching. */
  static start(onChange: () => void, options: DeviceWatchOptions = {}): DeviceWatch {
    const watching = new DeviceWatch(onChange, options);
    void watching.#lookAtNodes();
    watching.#watch();
    return watching;
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#nodesTimer);
    clearInterval(this.#poller);
    this.#unwatch();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #watch(): void {
    this.#unwatch();
    try {
      this.#add(this.#folder, (name) => /^video\d+$/.test(name) || name === 'v4l');
    } catch {
      this.#startPolling();
      return;
    }
    // udev makes the links after the nodes, in folders that exist only while they contain any.
    for (const links of ['v4l', 'v4l/by-id', 'v4l/by-path']) {
      try {
        this.#add(`${this.#folder}/${links}`, () => true);
      } catch {
        // It does not exist now. Its creation is a change of the folder above.
      }
    }
  }

  #add(folder: string, concerns: (name: string) => boolean): void {
    const watcher = watch(folder, { persistent: false }, (event, name) => {
      if (name !== null && !concerns(name)) this.#countOther();
      else if (event === 'rename') this.#changed();
      else this.#touched();
    });
    // A removed folder is no longer watched; the one above reports when it is created again.
    watcher.on('error', () => watcher.close());
    this.#watchers.push(watcher);
  }

  #unwatch(): void {
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
  }

  #changed(): void {
    const now = performance.now();
    if (this.#timer === undefined) this.#firstChange = now;
    // Changes that never pause are reported in between.
    else if (now - this.#firstChange > 5 * this.#debounce) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#closed) return;
      if (this.#poller === undefined) this.#watch();
      void this.#lookAtNodes();
      this.#onChange();
    }, this.#debounce);
  }

  /** A node was written to, which does not matter, or its owner or mode was changed, which does: udev assigns a group. */
  #touched(): void {
    if (this.#nodesTimer !== undefined) return;
    const wait = Math.max(this.#debounce, this.#nodesAt + attributesInterval - performance.now());
    this.#nodesTimer = setTimeout(() => {
      this.#nodesTimer = undefined;
      void this.#lookAtNodes().then((differs) => differs && this.#changed());
    }, wait);
  }

  /** @returns true if the nodes differ from the last call */
  async #lookAtNodes(): Promise<boolean> {
    const names = (await readdir(this.#folder).catch(() => [])).filter((name) => /^video\d+$/.test(name)).sort();
    const nodes = await Promise.all(
      names.map(async (name) => {
        const facts = await stat(join(this.#folder, name)).catch(() => null);
        return `${name} ${facts?.mode} ${facts?.uid} ${facts?.gid}`;
      }),
    );
    const before = this.#nodes;
    this.#nodes = nodes.join('\n');
    this.#nodesAt = performance.now();
    return !this.#closed && this.#nodes !== before;
  }

  #countOther(): void {
    const now = performance.now();
    if (now - this.#othersSince > 1_000) {
      this.#othersSince = now;
      this.#others = 0;
    }
    this.#others += 1;
    if (this.#others > mostOthers) this.#startPolling();
  }

  /** The folder cannot be watched, or has too many events. */
  #startPolling(): void {
    this.#unwatch();
    if (this.#poller !== undefined || this.#closed) return;
    let before: string | null = null;
    const look = async (): Promise<void> => {
      const names = (await readdir(this.#folder).catch(() => [])).filter((name) => /^video\d+$/.test(name));
      const now = names.sort().join(' ');
      if (before !== null && now !== before) this.#changed();
      before = now;
    };
    void look();
    this.#poller = setInterval(() => void look(), this.#poll).unref();
  }
}
