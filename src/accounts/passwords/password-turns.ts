import { PortholeError } from '../../domain/errors.ts';

/** How many passwords may wait to be hashed. */
export interface TurnLimits {
  /** In all. */
  readonly most: number;
  /** Of one place: an address or a known device. */
  readonly mostPerPlace: number;
}

/** Enough for a household that signs in at once: at a tenth of a second each, the last one waits three seconds. */
const limits: TurnLimits = { most: 32, mostPerPlace: 16 };

/** Where a password comes from. */
export interface Place {
  /** An address, a device or a user: places take turns. */
  readonly key: string;
  /** A known device or a signed-in user: strangers who fill the queue do not take its place. */
  readonly trusted: boolean;
}

/**
 * Runs everything that hashes a password, one at a time: scrypt takes a core for a tenth of a second and 16 MB, and
 * sixteen at once would take all cores from the viewers. Places take turns, so that many passwords from one address delay
 * another address by one hash each.
 */
export class PasswordTurns {
  readonly #limits: TurnLimits;
  /** Those that wait, by place; the place whose turn is next comes first. */
  readonly #waiting = new Map<string, (() => Promise<void>)[]>();
  readonly #count = { trusted: 0, strangers: 0 };
  #running = false;

  constructor(turnLimits: TurnLimits = limits) {
    this.#limits = turnLimits;
  }

  /**
   * Runs `work` when it is its turn.
   *
   * @throws {PortholeError} `sign_in_busy` if too many wait already.
   */
  run<T>(place: Place, work: () => Promise<T>): Promise<T> {
    const kind = place.trusted ? 'trusted' : 'strangers';
    const key = `${kind} ${place.key}`;
    const queue = this.#waiting.get(key) ?? [];
    if (queue.length >= this.#limits.mostPerPlace || this.#count[kind] >= this.#limits.most) {
      return Promise.reject(new PortholeError('sign_in_busy'));
    }
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    queue.push(() => {
      this.#count[kind] -= 1;
      return work().then(resolve, reject);
    });
    this.#waiting.set(key, queue);
    this.#count[kind] += 1;
    if (!this.#running) void this.#work();
    return promise;
  }

  async #work(): Promise<void> {
    this.#running = true;
    for (let next = this.#next(); next !== undefined; next = this.#next()) await next();
    this.#running = false;
  }

  /** Takes the next one of the first place, which then goes behind the others. */
  #next(): (() => Promise<void>) | undefined {
    for (const [key, queue] of this.#waiting) {
      const next = queue.shift();
      this.#waiting.delete(key);
      if (queue.length > 0) this.#waiting.set(key, queue);
      return next;
    }
    return undefined;
  }
}
