import type { Logger } from 'pino';
import type { AccountsService } from '../http/deps.ts';

/** Something open that a revocation ends: a stream or a socket. */
export interface OpenStream {
  /** What it was opened under, see `Principal.grant`. */
  readonly grant: string;
  /** Ends it; `reason` is for logs. */
  end(reason: 'revoked' | 'closing'): void;
}

const recheckMs = 1000;

/**
 * The open streams and sockets, by grant. They end when their grant is revoked in this process at once, in another
 * process within two seconds, and when the server closes.
 */
export class Streams {
  readonly #accounts: Pick<AccountsService, 'onRevoked' | 'recheck'>;
  readonly #log: Logger;
  readonly #open = new Set<OpenStream>();
  readonly #unsubscribe: () => void;
  #timer: NodeJS.Timeout | undefined;
  #checking = false;
  #closed = false;

  constructor(accounts: Pick<AccountsService, 'onRevoked' | 'recheck'>, log: Logger) {
    this.#accounts = accounts;
    this.#log = log;
    this.#unsubscribe = accounts.onRevoked((matches) => this.#end(matches));
  }

  /** How many are open. */
  get size(): number {
    return this.#open.size;
  }

  /** Registers one; call what it returns when it has ended by itself. */
  add(stream: OpenStream): () => void {
    if (this.#closed) stream.end('closing');
    else this.#open.add(stream);
    if (this.#open.size > 0) this.#timer ??= setInterval(() => void this.#recheck(), recheckMs);
    return () => {
      this.#open.delete(stream);
      if (this.#open.size === 0) this.#stopChecking();
    };
  }

  /** Ends all of them. */
  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    this.#stopChecking();
    for (const stream of [...this.#open]) stream.end('closing');
    this.#open.clear();
  }

  #stopChecking(): void {
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
      if (gone.size > 0) this.#end((grant) => gone.has(grant));
    } catch (error) {
      this.#log.warn({ err: error }, 'open streams could not be checked against the accounts');
    } finally {
      this.#checking = false;
    }
  }
}
