import { isIPv6 } from 'node:net';
import { PortholeError } from '../domain/errors.ts';

/** Wrong tries that one account, and one address, has within {@link AttemptLimits.windowMs}. */
export interface AttemptLimits {
  /** Wrong tries for one user name, from anywhere. */
  readonly perAccount: number;
  /** Wrong tries from one address, for any name. */
  readonly perAddress: number;
  /** Milliseconds from the first wrong try until all are forgotten. */
  readonly windowMs: number;
  /** Accounts and addresses remembered at once; beyond it the oldest is forgotten. */
  readonly capacity: number;
}

/** The limits of sign-in. */
export const attemptLimits: AttemptLimits = { perAccount: 10, perAddress: 30, windowMs: 5 * 60_000, capacity: 10_000 };

/** A try that has been counted as wrong until it turns out to be right. */
export interface Attempt {
  /** Takes the count back: the try was right. */
  succeeded(): void;
}

interface Count {
  wrong: number;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** Counts wrong passwords by account and by address, in bounded memory. */
export class Attempts {
  readonly #limits: AttemptLimits;
  readonly #now: () => number;
  readonly #counts = new Map<string, Count>();

  constructor(limits: AttemptLimits = attemptLimits, now: () => number = Date.now) {
    this.#limits = limits;
    this.#now = now;
  }

  /** How many accounts and addresses are remembered. */
  get size(): number {
    return this.#counts.size;
  }

  /**
   * Counts a try before it is checked, so that many at once cannot slip through.
   *
   * @param account the user name in lower case, or null where only the address counts
   * @throws {PortholeError} `too_many_requests`, saying how long to wait.
   */
  begin(account: string | null, ip: string): Attempt {
    const keys: [string, number][] = [[`address ${addressKey(ip)}`, this.#limits.perAddress]];
    if (account !== null) keys.push([`account ${account}`, this.#limits.perAccount]);
    for (const [key, most] of keys) this.#refuseBeyond(key, most);
    const counts = keys.map(([key]) => this.#count(key));
    for (const count of counts) count.wrong += 1;
    let open = true;
    return {
      succeeded: () => {
        if (!open) return;
        open = false;
        for (const count of counts) count.wrong -= 1;
        if (account !== null) this.#counts.delete(`account ${account}`);
      },
    };
  }

  #refuseBeyond(key: string, most: number): void {
    const count = this.#counts.get(key);
    const now = this.#now();
    if (count === undefined || count.until <= now || count.wrong < most) return;
    const seconds = Math.ceil((count.until - now) / 1000);
    const wait = seconds > 90 ? `${Math.ceil(seconds / 60)} minutes` : `${seconds} seconds`;
    throw new PortholeError('too_many_requests', { message: `Too many wrong passwords. Wait ${wait} and try again.` });
  }

  #count(key: string): Count {
    const known = this.#counts.get(key);
    const now = this.#now();
    if (known !== undefined && known.until > now) return known;
    this.#counts.delete(key);
    if (this.#counts.size >= this.#limits.capacity) this.#makeRoom(now);
    const count: Count = { wrong: 0, until: now + this.#limits.windowMs };
    this.#counts.set(key, count);
    return count;
  }

  /** All last equally long, so that the map stands in the order of their ends. */
  #makeRoom(now: number): void {
    for (const [key, count] of this.#counts) {
      if (count.until > now && this.#counts.size < this.#limits.capacity) return;
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
