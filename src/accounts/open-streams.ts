import type { Logger } from 'pino';
import type { Accounts } from './accounts.ts';

/** Something open that a revocation ends: a stream or a socket. */
export interface OpenStream {
  /** The grant it was opened under, see `Principal.grant`. */
  readonly grant: string;
  /** Ends it; `reason` is for logs. */
  end(reason: 'revoked' | 'closing'): void;
}

/** How often the grants are checked against the database, in milliseconds. */
const recheckMs = 1000;

/**
 * All open streams and sockets of all protocols, and the grants they were opened under. A stream ends when its
 * grant is revoked: at once if this process revokes it, within two seconds if another process does. All streams end when
 * the server closes.
 */
export class OpenStreams {
  readonly #accounts: Pick<Accounts, 'onRevoked' | 'recheck'>;
  readonly #log: Logger;
  readonly #open = new Set<OpenStream>();
  #unsubscribe: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #checking = false;
  /** True while the grants can't be checked, which is logged once. */
  #failing = false;
  #closed = false;

  constructor(accounts: Pick<Accounts, 'onRevoked' | 'recheck'>, log: Logger) {
    this.#accounts = accounts;
    this.#log = log;
  }

  /** The number of open streams. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Registers a stream. Returns a function to call when the stream has ended for another reason.
   *
   * @example
   *   const release = streams.add({ grant: principal.grant, end: () => connection.close() });
   *   connection.once('close', release);
   */
  add(stream: OpenStream): () => void {
    if (this.#closed) {
      stream.end('closing');
      return () => undefined;
    }
    this.#open.add(stream);
    this.#unsubscribe ??= this.#accounts.onRevoked((matches) => this.#end(matches));
    this.#timer ??= setInterval(() => void this.#recheck(), recheckMs);
    return () => {
      this.#open.delete(stream);
      if (this.#open.size === 0) this.#stopChecking();
    };
  }

  /** Ends all streams, and from now on each new one at once. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#stopChecking();
    for (const stream of [...this.#open]) stream.end('closing');
    this.#open.clear();
  }

  #stopChecking(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #end(matches: (grant: string) => boolean): void {
    for (const stream of [...this.#open]) if (matches(stream.grant)) stream.end('revoked');
  }

  async #recheck(): Promise<void> {
    if (this.#checking) return;
    this.#checking = true;
    try {
      const gone = await this.#accounts.recheck(new Set([...this.#open].map((stream) => stream.grant)));
      this.#failing = false;
      if (gone.size > 0) this.#end((grant) => gone.has(grant));
    } catch (error) {
      if (!this.#failing) this.#log.warn({ err: error }, 'the grants of open streams could not be checked');
      this.#failing = true;
    } finally {
      this.#checking = false;
    }
  }
}
