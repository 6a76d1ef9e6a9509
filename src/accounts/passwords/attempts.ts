import { isIPv6 } from 'node:net';
import { PortholeError } from '../../domain/errors.ts';
import { sentence } from '../../messages/sentence.ts';

/** How many wrong tries are allowed, and within which time. */
interface Limit {
  readonly most: number;
  /** Milliseconds from the first wrong try until all are forgotten. */
  readonly windowMs: number;
}

/** Limits of wrong tries. */
export interface AttemptLimits {
  /** From one address, for any user name. */
  readonly address: Limit;
  /** From one address, for one user name. Other addresses are not affected. */
  readonly accountAndAddress: Limit;
  /** For one user name from all addresses together, apart from those that have given the right password before. */
  readonly account: Limit;
  /** By one known device, which counts for itself: the limits above do not apply to it. */
  readonly device: Limit;
  /** The number of accounts, addresses and devices remembered of each kind; beyond it the oldest is forgotten. */
  readonly capacity: number;
}

const minutes = 60_000;

/** The limits of sign-in. */
export const attemptLimits: AttemptLimits = {
  address: { most: 30, windowMs: 5 * minutes },
  accountAndAddress: { most: 10, windowMs: 5 * minutes },
  account: { most: 100, windowMs: 60 * minutes },
  device: { most: 10, windowMs: 5 * minutes },
  capacity: 10_000,
};

/** Who tries a password or code. */
export interface Tries {
  /** The user name in lower case, or null where only the address counts. */
  readonly account: string | null;
  readonly ip: string;
  /** A device that this account is known by, or null. */
  readonly device: string | null;
}

/** A try that has been counted as wrong until it turns out to be right. */
export interface Attempt {
  /** Takes the count back: the try was right, or could not be checked. */
  withdraw(): void;
  /** The try was right: earlier wrong ones for this account from here are forgotten as well. */
  succeeded(): void;
}

/** Counts wrong passwords by account, address and device, in bounded memory. */
export class Attempts {
  readonly #counts: Readonly<Record<keyof Omit<AttemptLimits, 'capacity'>, Counts>>;
  readonly #capacity: number;
  /** Accounts with addresses from which they gave the right password. */
  readonly #proven = new Set<string>();

  /** @param now milliseconds on a monotonic clock: setting the machine's clock must not change a wait */
  constructor(limits: AttemptLimits = attemptLimits, now: () => number = () => performance.now()) {
    this.#capacity = limits.capacity;
    const counts = (limit: Limit): Counts => new Counts(limit, limits.capacity, now);
    this.#counts = {
      address: counts(limits.address),
      accountAndAddress: counts(limits.accountAndAddress),
      account: counts(limits.account),
      device: counts(limits.device),
    };
  }

  /** The largest number of accounts, addresses or devices remembered. */
  get size(): number {
    return Math.max(...Object.values(this.#counts).map((counts) => counts.size));
  }

  /** @throws {PortholeError} `too_many_requests`, saying how long to wait, if a try would be refused. */
  check(tries: Tries): void {
    const waits = this.#keys(tries).map(([counts, key]) => counts.waitFor(key));
    const seconds = Math.ceil(Math.max(...waits) / 1000);
    if (seconds === 0) return;
    const wait =
      seconds > 90
        ? sentence('account_wait_minutes', { count: Math.ceil(seconds / 60) })
        : sentence('account_wait_seconds', { count: seconds });
    throw new PortholeError('too_many_requests', {
      message: sentence('account_wrong_passwords', { wait }),
      retryAfter: seconds,
    });
  }

  /**
   * Counts a try before it is checked, so that many at once cannot slip through.
   *
   * @throws {PortholeError} `too_many_requests`, saying how long to wait.
   */
  begin(tries: Tries): Attempt {
    this.check(tries);
    const keys = this.#keys(tries);
    const counted = keys.map(([counts, key]) => counts.add(key));
    let open = true;
    const withdraw = (): void => {
      if (open) for (const count of counted) count.wrong -= 1;
      open = false;
    };
    return {
      withdraw,
      succeeded: () => {
        withdraw();
        for (const [counts, key] of keys) {
          if (counts === this.#counts.accountAndAddress || counts === this.#counts.device) counts.forget(key);
          if (counts === this.#counts.accountAndAddress) this.#prove(key);
        }
      },
    };
  }

  #keys({ account, ip, device }: Tries): readonly (readonly [Counts, string])[] {
    if (device !== null) return [[this.#counts.device, device]];
    const address = addressKey(ip);
    if (account === null) return [[this.#counts.address, address]];
    const both = `${account} ${address}`;
    return [
      [this.#counts.address, address],
      [this.#counts.accountAndAddress, both],
      ...(this.#proven.has(both) ? [] : [[this.#counts.account, account] as const]),
    ];
  }

  /** Programs that send a password have no cookie. They are known by their address. */
  #prove(key: string): void {
    this.#proven.delete(key);
    this.#proven.add(key);
    const [oldest] = this.#proven;
    if (this.#proven.size > this.#capacity && oldest !== undefined) this.#proven.delete(oldest);
  }
}

interface Count {
  wrong: number;
  /** Milliseconds on the clock of {@link Attempts}. */
  readonly until: number;
}

/** The counts of one kind. All last equally long, so the map stands in the order of their ends. */
class Counts {
  readonly #limit: Limit;
  readonly #capacity: number;
  readonly #now: () => number;
  readonly #counts = new Map<string, Count>();

  constructor(limit: Limit, capacity: number, now: () => number) {
    this.#limit = limit;
    this.#capacity = capacity;
    this.#now = now;
  }

  get size(): number {
    return this.#counts.size;
  }

  /** Milliseconds until a try is allowed; 0 if it is. */
  waitFor(key: string): number {
    const count = this.#counts.get(key);
    return count === undefined || count.wrong < this.#limit.most ? 0 : Math.max(0, count.until - this.#now());
  }

  /** Counts one more. */
  add(key: string): Count {
    const now = this.#now();
    let count = this.#counts.get(key);
    if (count === undefined || count.until <= now) {
      this.#counts.delete(key);
      if (this.#counts.size >= this.#capacity) this.#makeRoom(now);
      count = { wrong: 0, until: now + this.#limit.windowMs };
      this.#counts.set(key, count);
    }
    count.wrong += 1;
    return count;
  }

  forget(key: string): void {
    this.#counts.delete(key);
  }

  #makeRoom(now: number): void {
    for (const [key, count] of this.#counts) {
      if (count.until > now && this.#counts.size < this.#capacity) return;
      this.#counts.delete(key);
    }
  }
}

/** One person's IPv6 addresses share their first 64 bits; IPv4 written as IPv6 is IPv4. */
export function addressKey(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(ip)) return ip.slice(0, 64);
  const [head = '', tail] = (ip.split('%')[0] ?? '').toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':');
    while (groups.length + after.length < 8) groups.push('0');
    groups.push(...after);
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
