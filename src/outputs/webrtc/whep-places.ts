import type { FastifyRequest } from 'fastify';
import { addressKey } from '../../accounts/passwords/attempts.ts';
import { PortholeError } from '../../domain/errors.ts';
import { principalOf } from '../../http/security/policy.ts';

/** The number of sessions that one user or visitor may have that are not yet connected. */
const mostPending = 16;
/** The number of sessions that one user or visitor may have: a quarter of all. */
const mostOfOne = 64;
/** The number of sessions that all visitors of public access may have, so that some are left for users. */
const mostOfVisitors = 200;

/** The key under which all visitors of public access are counted together. */
const visitors = 'visitors';

/** The place of one session. */
export interface Place {
  /** The session is connected. Idempotent. */
  connected(): void;
  /** The session has ended, or could not be opened. Idempotent. */
  leave(): void;
}

/** Counts the WebRTC sessions of each user and visitor, so that nobody takes all of them. */
export class WhepPlaces {
  /** Sessions that are being opened or not connected yet. */
  readonly #pending = new Counts();
  /** All sessions. */
  readonly #held = new Counts();

  /**
   * Counts a session that a client is opening.
   *
   * @throws {PortholeError} `too_many_requests` if too many are not connected yet, `webrtc_full_for_you` if too many are
   *   open.
   */
  enter(request: FastifyRequest): Place {
    const { user } = principalOf(request);
    const holder = user === null ? `address ${addressKey(request.ip)}` : `user ${user.id}`;
    const holders = user === null ? [holder, visitors] : [holder];
    if (this.#pending.of(holder) >= mostPending) throw new PortholeError('too_many_requests');
    if (this.#held.of(holder) >= mostOfOne || (user === null && this.#held.of(visitors) >= mostOfVisitors)) {
      throw new PortholeError('webrtc_full_for_you');
    }
    const connected = this.#pending.add([holder]);
    const left = this.#held.add(holders);
    return {
      connected,
      leave: () => {
        connected();
        left();
      },
    };
  }
}

/** Numbers by key. */
class Counts {
  readonly #counts = new Map<string, number>();

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  /** Adds one to each key. Returns an idempotent function that removes it. */
  add(keys: readonly string[]): () => void {
    for (const key of keys) this.#counts.set(key, this.of(key) + 1);
    let isAdded = true;
    return () => {
      if (!isAdded) return;
      isAdded = false;
      for (const key of keys) {
        const left = this.of(key) - 1;
        if (left === 0) this.#counts.delete(key);
        else this.#counts.set(key, left);
      }
    };
  }
}
