import { lookup } from 'node:dns/promises';

/** How long a lookup may take before a host has the addresses that it had last, in milliseconds. */
const lookupWait = 1_000;

/** Looks up all IP addresses of a host. Rejects if it finds no address. */
export type Lookup = (host: string) => Promise<readonly string[]>;

const systemLookup: Lookup = async (host) => (await lookup(host, { all: true })).map(({ address }) => address);

/**
 * The IP addresses of hosts.
 *
 * If the network is gone, so is its name server, and a lookup takes many seconds, also some after the network has
 * returned. So a host keeps the addresses that it had while nobody answers, and is looked up once at a time: Node.js
 * does only a few lookups at once, and others would wait.
 */
export class HostAddresses {
  readonly #lookup: Lookup;
  readonly #known = new Map<string, readonly string[]>();
  readonly #pending = new Map<string, Promise<readonly string[]>>();

  constructor(look: Lookup = systemLookup) {
    this.#lookup = look;
  }

  /** Returns the addresses of a host; none if its name does not exist, or nobody has ever answered. */
  async of(host: string): Promise<readonly string[]> {
    const answer = this.#ask(host);
    const known = this.#known.get(host);
    if (known === undefined) return answer;
    const { promise: late, resolve } = Promise.withResolvers<readonly string[]>();
    const timer = setTimeout(() => resolve(known), lookupWait);
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #ask(host: string): Promise<readonly string[]> {
    const pending = this.#pending.get(host) ?? this.#answer(host).finally(() => this.#pending.delete(host));
    this.#pending.set(host, pending);
    return pending;
  }

  async #answer(host: string): Promise<readonly string[]> {
    try {
      const found = await this.#lookup(host);
      this.#known.set(host, found);
      return found;
    } catch (error) {
      const isUnknown = error instanceof Error && 'code' in error && error.code === 'ENOTFOUND';
      return isUnknown ? [] : (this.#known.get(host) ?? []);
    }
  }
}
