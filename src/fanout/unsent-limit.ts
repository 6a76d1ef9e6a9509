import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { monotonicNow } from '../domain/clock.ts';
import { queuedIn } from './node-internals.ts';

/** Limits of {@link UnsentLimit}. */
export interface UnsentLimits {
  /** What waits for all clients together, in bytes. */
  readonly total: number;
  /** A client that takes less than {@link leastTaken} while something waits for it is dropped after this time, in ms. */
  readonly stall: number;
  /** The same while more waits than the total. */
  readonly stallWhenFull: number;
  readonly leastTaken: number;
  /** How often to look, in milliseconds. */
  readonly interval: number;
}

const usual: UnsentLimits = {
  total: 256 * 1024 * 1024,
  // Streams end clients that take nothing after 30 s, and say so.
  stall: 35_000,
  stallWhenFull: 5_000,
  leastTaken: 16 * 1024,
  interval: 1_000,
};

/** How a client gets on with what waits for it. */
interface Progress {
  /** What it had taken at {@link since}; -Infinity while nothing waits for it. */
  taken: number;
  since: number;
}

/**
 * Drops clients that take nothing, or next to nothing, of what waits for them: answers, downloads, segments, frames. Each
 * holds memory. If much waits in all, they are dropped sooner, those first for which most waits. A client that takes what
 * it gets, however slowly, is never dropped.
 */
export class UnsentLimit {
  readonly #limits: UnsentLimits;
  readonly #clients = new Map<Socket, Progress>();

  private constructor(limits: UnsentLimits) {
    this.#limits = limits;
  }

  /**
   * Watches the connections of an HTTP or HTTPS server.
   *
   * @returns a function that ends it
   */
  static watch(server: EventEmitter, limits: Partial<UnsentLimits> = {}): () => void {
    const all = { ...usual, ...limits };
    const limit = new UnsentLimit(all);
    const add = (socket: Socket): void => limit.#add(socket);
    // With TLS, the second one is written to.
    server.on('connection', add).on('secureConnection', add);
    const timer = setInterval(() => limit.#look(monotonicNow()), all.interval);
    timer.unref();
    return () => clearInterval(timer);
  }

  #add(socket: Socket): void {
    this.#clients.set(socket, { taken: -Infinity, since: monotonicNow() });
    socket.once('close', () => this.#clients.delete(socket));
  }

  #look(now: number): void {
    const { total, stall, stallWhenFull, leastTaken } = this.#limits;
    let waiting = 0;
    const stalled: { readonly socket: Socket; readonly unsent: number }[] = [];
    for (const [socket, progress] of this.#clients) {
      const unsent = socket.writableLength;
      // Most clients, in most seconds: counting what they have taken would cost more.
      if (unsent === 0) {
        progress.taken = -Infinity;
        continue;
      }
      const taken = socket.bytesWritten - unsent - queuedIn(socket);
      if (taken - progress.taken >= leastTaken) {
        progress.taken = taken;
        progress.since = now;
        continue;
      }
      // A write counts as a whole once it ends, and its remainder as less until then: it begins below the earlier value.
      progress.taken = Math.min(progress.taken, taken);
      waiting += unsent;
      if (now - progress.since >= stall) socket.destroy();
      else if (now - progress.since >= stallWhenFull) stalled.push({ socket, unsent });
    }
    stalled.sort((a, b) => b.unsent - a.unsent);
    for (const { socket, unsent } of stalled) {
      if (waiting <= total) return;
      socket.destroy();
      waiting -= unsent;
    }
  }
}
