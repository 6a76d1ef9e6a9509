import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { monotonicNow } from '../../domain/clock.ts';

/** Limits of {@link HalfOpen}. */
export interface HalfOpenLimits {
  /** What addresses of one client have in common. */
  readonly clientOf: (address: string) => string;
  /** Connections of one address that have not sent a request yet. */
  readonly perAddress: number;
  /** A younger connection is never closed in favour of another: its request may be waiting to be read, in milliseconds. */
  readonly youngest: number;
}

const usual: HalfOpenLimits = { clientOf: (address) => address, perAddress: 256, youngest: 5_000 };

interface Waiting {
  readonly socket: Socket;
  readonly address: string;
  readonly since: number;
}

/**
 * Connections that have not sent a request yet: during a TLS handshake, or silent. Each costs a file descriptor. One
 * address may have only some of them, and where no connection is free, the oldest one is closed. Clients that send
 * their request in time are never affected.
 */
export class HalfOpen {
  readonly #limits: HalfOpenLimits;
  /** By remote address and port, the oldest first. */
  readonly #waiting = new Map<string, Waiting>();
  readonly #counts = new Map<string, number>();

  private constructor(limits: HalfOpenLimits) {
    this.#limits = limits;
  }

  /** Watches the connections of an HTTP or HTTPS server. */
  static watch(server: EventEmitter, limits: Partial<HalfOpenLimits> = {}): void {
    const halfOpen = new HalfOpen({ ...usual, ...limits });
    // With TLS it is the connection below.
    server.on('connection', (socket: Socket) => halfOpen.#add(socket));
    server.on('request', ({ socket }: IncomingMessage) => halfOpen.#remove(keyOf(socket)));
    server.on('upgrade', ({ socket }: IncomingMessage) => halfOpen.#remove(keyOf(socket)));
    // There were as many connections as may be.
    server.on('drop', () => halfOpen.#closeOldest(() => true));
  }

  #add(socket: Socket): void {
    const key = keyOf(socket);
    const address = this.#limits.clientOf(socket.remoteAddress ?? '');
    const count = (this.#counts.get(address) ?? 0) + 1;
    this.#counts.set(address, count);
    this.#waiting.set(key, { socket, address, since: monotonicNow() });
    socket.once('close', () => this.#remove(key));
    if (count > this.#limits.perAddress) this.#closeOldest((each) => each.address === address);
  }

  #remove(key: string): void {
    const found = this.#waiting.get(key);
    if (found === undefined) return;
    this.#waiting.delete(key);
    const count = (this.#counts.get(found.address) ?? 1) - 1;
    if (count === 0) this.#counts.delete(found.address);
    else this.#counts.set(found.address, count);
  }

  #closeOldest(matches: (waiting: Waiting) => boolean): void {
    const latest = monotonicNow() - this.#limits.youngest;
    for (const [key, each] of this.#waiting) {
      if (each.since > latest) return;
      if (!matches(each)) continue;
      this.#remove(key);
      each.socket.destroy();
      return;
    }
  }
}

function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
