import { addressKey } from '../../../accounts/passwords/attempts.ts';

/** How long a candidate counts, in milliseconds: while it is being checked, at most as long as a session may connect. */
const countedFor = 20_000;
/** Candidates of one address, or of one IPv6 network (/64), that may be checked at once. */
const mostPerAddress = 16;
/** Addresses that may be checked at once. */
const mostAddresses = 1_024;

interface Count {
  checked: number;
  readonly until: number;
}

/**
 * Bounds the connectivity checks of all sessions together. An offer may name addresses that never asked for packets, and
 * each of its candidates gets some checks; opening many sessions must not add up to a flood.
 */
export class CheckBudget {
  readonly #now: () => number;
  /** By address. All last equally long, so the map is in the order of their ends. */
  readonly #counts = new Map<string, Count>();

  /** @param now monotonic, in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts a candidate at this address. @returns false if it may not be checked */
  take(address: string): boolean {
    const now = this.#now();
    for (const [key, { until }] of this.#counts) {
      if (until > now) break;
      this.#counts.delete(key);
    }
    const key = addressKey(address);
    let count = this.#counts.get(key);
    if (count === undefined) {
      if (this.#counts.size >= mostAddresses) return false;
      count = { checked: 0, until: now + countedFor };
      this.#counts.set(key, count);
    }
    if (count.checked >= mostPerAddress) return false;
    count.checked += 1;
    return true;
  }
}
