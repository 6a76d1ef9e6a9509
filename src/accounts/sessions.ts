import type { Logger } from 'pino';
import { PortholeError } from '../domain/errors.ts';
import type { Principal, SessionInfo } from '../domain/users/user.ts';
import type { Revocations } from './revocations.ts';
import type { SessionRepository } from './session-repository.ts';
import { signedIn } from './signed-in.ts';

/** The number of sign-ins that one user has; a further one ends the one that was not seen for the longest time. */
const mostSessions = 100;

/** What {@link Sessions} uses. */
export interface SessionsOptions {
  readonly sessions: SessionRepository;
  readonly revocations: Revocations;
  readonly log: Logger;
}

/** The sign-ins of users: listed and ended. `Accounts.signIn` opens them. */
export class Sessions {
  readonly #sessions: SessionRepository;
  readonly #revocations: Revocations;
  readonly #log: Logger;

  constructor({ sessions, revocations, log }: SessionsOptions) {
    this.#sessions = sessions;
    this.#revocations = revocations;
    this.#log = log;
  }

  /** One's own sign-ins. */
  async list(who: Principal): Promise<readonly SessionInfo[]> {
    const rows = await this.#sessions.list(signedIn(who).id);
    return rows.map(({ userId: _, ...session }) => ({ ...session, current: session.id === who.sessionId }));
  }

  /**
   * Ends one of one's own sign-ins, or, as an admin, anybody's.
   *
   * @throws {PortholeError} `session_not_found`.
   */
  async revoke(who: Principal, id: string): Promise<void> {
    const user = signedIn(who);
    const owner = await this.#sessions.ownerOf(id);
    if (owner === undefined || (who.role !== 'admin' && owner !== user.id)) {
      throw new PortholeError('session_not_found');
    }
    const unsaved = await this.end(id);
    this.#log.info({ user: user.username }, 'session revoked');
    if (unsaved !== null) throw unsaved;
  }

  /** Ends a sign-in and its streams. @returns what to tell the person if it could not be written, else null */
  async end(id: string): Promise<PortholeError | null> {
    return this.#revocations.end({
      ends: (grant) => grant.kind === 'session' && grant.id === id,
      write: () => this.#sessions.delete(id),
    });
  }

  /** Ends the sign-ins of a user that are too many, but not this one. */
  async trim(userId: string, except: string): Promise<void> {
    const ended = await this.#sessions.trim(userId, mostSessions, except);
    if (ended.length > 0) this.#revocations.tell((grant) => grant.kind === 'session' && ended.includes(grant.id));
  }
}
