import type { Logger } from 'pino';
import { PortholeError } from '../domain/errors.ts';
import { Listeners } from '../domain/listeners.ts';
import type { SessionRepository } from './session-repository.ts';
import type { TokenRepository } from './token-repository.ts';
import type { UserRepository } from './user-repository.ts';
import { parseGrant, publicGrant, type Grant } from './grants.ts';
import { isUnwritten, type Revocation, type UnwrittenRevocations } from './unwritten-revocations.ts';

/** Called when grants end, with what tells whether a grant is among them. */
export type RevocationListener = (grantMatches: (grant: string) => boolean) => void;

/** Options of {@link Revocations}. */
export interface RevocationsParts {
  readonly users: UserRepository;
  readonly sessions: SessionRepository;
  readonly tokens: TokenRepository;
  readonly unwritten: UnwrittenRevocations;
  readonly log: Logger;
}

/** Engines limit how many values one statement takes. */
const partSize = 500;

/**
 * Ends grants, and tells the holders of streams and sockets which grants have ended: at once if this process ended them, when
 * asked if another process did.
 */
export class Revocations {
  readonly #parts: RevocationsParts;
  readonly #listeners: Listeners<(grant: string) => boolean>;

  constructor(parts: RevocationsParts) {
    this.#parts = parts;
    this.#listeners = new Listeners((error) => parts.log.error({ err: error }, 'a listener of revocations failed'));
  }

  /** Calls back in the moment grants end in this process; returns what stops that. */
  subscribe(listener: RevocationListener): () => void {
    return this.#listeners.add(listener);
  }

  /**
   * Revokes in any case: what can't be written holds in this process.
   *
   * @returns what to tell the person if it could not be written, else null
   */
  async end(revocation: Revocation): Promise<PortholeError | null> {
    const { ends, access, write, mayEnd } = revocation;
    let unsaved: PortholeError | null = null;
    try {
      await write();
    } catch (error) {
      if (!isUnwritten(error)) throw error;
      if ((await mayEnd?.()) === false) throw new PortholeError('last_admin');
      unsaved = this.#parts.unwritten.hold(revocation, error);
    }
    this.tell((grant) => ends?.(grant) === true || grant.userId === access?.userId);
    return unsaved;
  }

  /** Tells the listeners that the grants that match have ended. */
  tell(matches: (grant: Grant) => boolean): void {
    this.#listeners.emit((text) => {
      const grant = parseGrant(text);
      return grant !== undefined && matches(grant);
    });
  }

  /** Which of these grants no longer hold: revoked here or by another process, or expired. */
  async recheck(grants: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    const ended = new Set<string>();
    const open = [...grants].filter((text) => text !== publicGrant);
    for (let start = 0; start < open.length; start += partSize) {
      for (const text of await this.#ended(open.slice(start, start + partSize))) ended.add(text);
    }
    return ended;
  }

  /** Forgets all listeners. */
  close(): void {
    this.#listeners.clear();
  }

  async #ended(texts: readonly string[]): Promise<readonly string[]> {
    const grants = texts.map((text) => ({ text, grant: parseGrant(text) }));
    const ids = (kind: Grant['kind']) => grants.flatMap(({ grant }) => (grant?.kind === kind ? [grant.id] : []));
    const [sessions, tokens, users] = await Promise.all([
      whenAny(ids('session'), (some) => this.#parts.sessions.held(some)),
      whenAny(ids('token'), (some) => this.#parts.tokens.held(some)),
      whenAny(ids('user'), (some) => this.#parts.users.byIds(some)),
    ]);
    const holds = (grant: Grant): boolean => {
      switch (grant.kind) {
        case 'session':
          return sessions.get(grant.id)?.accessRevision === grant.accessRevision;
        case 'token':
          return tokens.get(grant.id)?.accessRevision === grant.accessRevision;
        case 'user': {
          const user = users.get(grant.id);
          return user?.accessRevision === grant.accessRevision && user.passwordRevision === grant.passwordRevision;
        }
        default:
          return grant.kind satisfies never;
      }
    };
    return grants.flatMap(({ text, grant }) => (grant !== undefined && holds(grant) ? [] : [text]));
  }
}

async function whenAny<T>(
  ids: readonly string[],
  query: (ids: readonly string[]) => Promise<Map<string, T>>,
): Promise<Map<string, T>> {
  return ids.length === 0 ? new Map() : query(ids);
}
