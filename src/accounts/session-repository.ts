import { ClockJumps } from '../domain/clock-jumps.ts';
import type { Database } from '../store/database.ts';
import { time } from '../store/row-fields.ts';
import type { StoredDate } from '../store/tables.ts';
import { toMilliseconds, userColumns, userFromRow, type UserRecord } from './user-repository.ts';

/** A sign-in as stored. */
export interface SessionRecord {
  readonly id: string;
  readonly userId: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Milliseconds since the epoch. */
  readonly lastSeenAt: number;
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
}

/**
 * The sign-ins that better-auth makes. Their ends are stored as times of the wall clock. When somebody sets that clock,
 * those that held until then count as in use: nobody is signed out, and none lasts longer than it would have.
 */
export class SessionRepository {
  readonly #database: Database;
  readonly #lifetime: Lifetime;
  readonly #jumps = new ClockJumps();
  readonly #byToken;
  #following: Promise<void> | undefined;

  constructor(database: Database, lifetime: Lifetime) {
    this.#database = database;
    this.#lifetime = lifetime;
    this.#byToken = database.prepare(
      database.kysely
        .selectFrom('sessions')
        .innerJoin('users', 'users.id', 'sessions.userId')
        .select(['sessions.id as id', 'sessions.updatedAt as updatedAt', ...userColumns])
        .where('sessions.token', '=', '')
        .where('sessions.expiresAt', '>', database.date(0)),
    );
  }

  /** The user's sign-ins that have not expired, the one seen last first. */
  async list(userId: string): Promise<SessionRecord[]> {
    const now = await this.#followClock();
    const rows = await this.#database.kysely
      .selectFrom('sessions')
      .select(['id', 'userId', 'createdAt', 'updatedAt', 'ipAddress', 'userAgent'])
      .where('userId', '=', userId)
      .where('expiresAt', '>', this.#database.date(now))
      .orderBy('updatedAt', 'desc')
      .execute();
    const { unreadable } = this.#database;
    return rows.map(({ updatedAt, createdAt, ipAddress, userAgent, ...row }) => ({
      ...row,
      // A sign-in whose times can't be read is listed all the same, so that it can be ended.
      ...(unreadable.read('sessions', row.id, () => ({
        createdAt: time(createdAt, 'creation time'),
        lastSeenAt: time(updatedAt, 'time of the last use'),
      })) ?? { createdAt: 0, lastSeenAt: 0 }),
      ipAddress: ipAddress === '' ? null : ipAddress,
      userAgent: userAgent === '' ? null : userAgent,
    }));
  }

  /** Notes where a new sign-in came from; returns its id. */
  async describe(token: string, ipAddress: string, userAgent: string | null): Promise<string | undefined> {
    const row = await this.#database.kysely
      .updateTable('sessions')
      .set({ ipAddress, userAgent })
      .where('token', '=', token)
      .returning('id')
      .executeTakeFirst();
    return row?.id;
  }

  /** Whose sign-in has this token, unless it has expired; in use, it is extended now and then. */
  async use(token: string): Promise<{ id: string; user: UserRecord } | undefined> {
    const [row] = await this.#byToken(token, this.#database.date(await this.#followClock()));
    if (row === undefined) return undefined;
    await this.#extend([row]);
    return { id: row.id, user: userFromRow(row, this.#database.unreadable) };
  }

  /**
   * Ends one sign-in.
   *
   * @param userId only if it is this user's
   * @returns the user it belonged to, or undefined if there is no such sign-in.
   */
  async delete(id: string, userId?: string): Promise<string | undefined> {
    const row = await this.#database.kysely
      .deleteFrom('sessions')
      .where('id', '=', id)
      .$if(userId !== undefined, (query) => query.where('userId', '=', userId ?? ''))
      .returning('userId')
      .executeTakeFirst();
    return row?.userId;
  }

  /** Whose sign-in this is; undefined if it doesn't exist. */
  async ownerOf(id: string): Promise<string | undefined> {
    const { kysely } = this.#database;
    return (await kysely.selectFrom('sessions').select('userId').where('id', '=', id).executeTakeFirst())?.userId;
  }

  /** Ends all sign-ins of a user but one. */
  async deleteAll(userId: string, except: string | null): Promise<void> {
    await this.#database.kysely
      .deleteFrom('sessions')
      .where('userId', '=', userId)
      .$if(except !== null, (query) => query.where('id', '!=', except ?? ''))
      .execute();
  }

  /**
   * Ends the sign-ins of a user that were not seen for the longest time, if there are more than `most`.
   *
   * @param except this one stays
   * @returns the ids of those that ended.
   */
  async trim(userId: string, most: number, except: string): Promise<readonly string[]> {
    const { kysely } = this.#database;
    const oldest = await kysely
      .selectFrom('sessions')
      .select('id')
      .where('userId', '=', userId)
      .where('id', '!=', except)
      .orderBy('updatedAt', 'desc')
      .limit(10_000)
      .offset(most - 1)
      .execute();
    const ids = oldest.map(({ id }) => id);
    for (const id of ids) await kysely.deleteFrom('sessions').where('id', '=', id).execute();
    return ids;
  }

  /** Forgets sign-ins that have expired. One whose end is too far away was used before the clock was set back. */
  async prune(): Promise<void> {
    const now = await this.#followClock();
    await this.#restart(Date.now() + this.#lifetime.unusedMs + this.#lifetime.refreshMs);
    await this.#database.kysely.deleteFrom('sessions').where('expiresAt', '<=', this.#database.date(now)).execute();
  }

  /**
   * Which of these sign-ins still hold, with their user's access revision. Asking counts as use: a picture that runs for
   * months does not sign its viewer out.
   */
  async held(ids: readonly string[]): Promise<Map<string, HeldSession>> {
    const now = await this.#followClock();
    const rows = await this.#database.kysely
      .selectFrom('sessions')
      .innerJoin('users', 'users.id', 'sessions.userId')
      .select(['sessions.id as id', 'sessions.updatedAt as updatedAt', 'users.accessRevision as accessRevision'])
      .where('sessions.id', 'in', ids)
      .where('sessions.expiresAt', '>', this.#database.date(now))
      .execute();
    await this.#extend(rows);
    return new Map(rows.map((row) => [row.id, row]));
  }

  async #extend(rows: readonly { id: string; updatedAt: StoredDate }[]): Promise<void> {
    const now = Date.now();
    // A time in the future is one of a clock that has been set back.
    const isDue = (at: StoredDate): boolean => !(Math.abs(now - toMilliseconds(at)) <= this.#lifetime.refreshMs);
    const due = rows.filter((row) => isDue(row.updatedAt)).map((row) => row.id);
    if (due.length === 0) return;
    const update = this.#database.kysely.updateTable('sessions').set(this.#usedNow()).where('id', 'in', due);
    // A full disk keeps nobody from watching.
    await update.execute().catch(() => {});
  }

  /**
   * After the clock was set, counts the sign-ins that held until then as used now.
   *
   * @returns the time to compare ends with: while that can't be written, what it would be if the clock had not been set
   */
  async #followClock(): Promise<number> {
    const before = this.#jumps.unjumped();
    if (before === null) return Date.now();
    this.#following ??= this.#restart(before)
      .then(() => this.#jumps.settle())
      .finally(() => (this.#following = undefined));
    return this.#following.then(
      () => Date.now(),
      () => before,
    );
  }

  /** Counts the sign-ins that end after this time as used now. */
  async #restart(endAfter: number): Promise<void> {
    await this.#database.kysely
      .updateTable('sessions')
      .set(this.#usedNow())
      .where('expiresAt', '>', this.#database.date(endAfter))
      .execute();
  }

  #usedNow(): { updatedAt: StoredDate; expiresAt: StoredDate } {
    const now = Date.now();
    return { updatedAt: this.#database.date(now), expiresAt: this.#database.date(now + this.#lifetime.unusedMs) };
  }
}

/** How long sign-ins last. */
export interface Lifetime {
  /** Milliseconds that an unused one lasts. */
  readonly unusedMs: number;
  /** A used one is extended at most this often, in milliseconds. */
  readonly refreshMs: number;
}

/** A sign-in that holds. */
export interface HeldSession {
  readonly accessRevision: number;
}
