import type { TokenInfo } from '../domain/user.ts';
import type { Database } from '../store/database.ts';
import { moment } from '../store/row-fields.ts';
import type { TokensTable } from '../store/tables.ts';
import { userColumns, userFromRow, type UserRecord } from './user-repository.ts';

/** How fresh `lastUsedAt` is kept, in milliseconds: a write per request would be one per picture for some clients. */
const lastUsedStep = 60_000;

/** API tokens, by the SHA-256 of each. */
export class TokenRepository {
  readonly #database: Database;
  readonly #byHash;

  constructor(database: Database) {
    this.#database = database;
    this.#byHash = database.prepare(
      database.kysely
        .selectFrom('tokens')
        .innerJoin('users', 'users.id', 'tokens.userId')
        .select(['tokens.id as id', 'tokens.lastUsedAt as lastUsedAt', ...userColumns])
        .where('tokens.hash', '=', ''),
    );
  }

  /** Adds one. */
  async insert(token: { id: string; userId: string; name: string; hash: string; createdAt: number }): Promise<void> {
    await this.#database.kysely
      .insertInto('tokens')
      .values({ ...token, lastUsedAt: null })
      .execute();
  }

  /** Whose token has this hash; remembers that it was used. */
  async use(hash: string): Promise<{ id: string; user: UserRecord } | undefined> {
    const [row] = await this.#byHash(hash);
    if (row === undefined) return undefined;
    const now = Date.now();
    // A time in the future is one of a clock that has been set back.
    if (row.lastUsedAt === null || Math.abs(now - row.lastUsedAt) > lastUsedStep) {
      await this.#database.kysely.updateTable('tokens').set({ lastUsedAt: now }).where('id', '=', row.id).execute();
    }
    return { id: row.id, user: userFromRow(row, this.#database.unreadable) };
  }

  /** Tokens of one user, or of all (null), newest first. */
  async list(userId: string | null): Promise<TokenInfo[]> {
    const rows = await this.#database.kysely
      .selectFrom('tokens')
      .innerJoin('users', 'users.id', 'tokens.userId')
      .select([
        'tokens.id as id',
        'tokens.name as name',
        'tokens.createdAt as createdAt',
        'tokens.lastUsedAt as lastUsedAt',
        'users.username as username',
        'users.displayUsername as displayUsername',
      ])
      .$if(userId !== null, (query) => query.where('tokens.userId', '=', userId ?? ''))
      .orderBy('tokens.createdAt', 'desc')
      .orderBy('tokens.id')
      .execute();
    return rows.map(({ displayUsername, username, ...row }) => ({
      ...row,
      ...this.#times(row),
      username: displayUsername ?? username,
    }));
  }

  /** A token whose times can't be read is listed all the same, so that it can be revoked. */
  #times({ id, createdAt, lastUsedAt }: Pick<TokensTable, 'id' | 'createdAt' | 'lastUsedAt'>) {
    const read = () => ({
      createdAt: moment(createdAt, 'creation time'),
      lastUsedAt: lastUsedAt === null ? null : moment(lastUsedAt, 'time of the last use'),
    });
    return this.#database.unreadable.read('tokens', id, read) ?? { createdAt: 0, lastUsedAt: null };
  }

  /**
   * Revokes one.
   *
   * @param userId only if it is this user's; null for anybody's
   * @returns false if there is no such token.
   */
  async delete(id: string, userId: string | null): Promise<boolean> {
    const result = await this.#database.kysely
      .deleteFrom('tokens')
      .where('id', '=', id)
      .$if(userId !== null, (query) => query.where('userId', '=', userId ?? ''))
      .executeTakeFirst();
    return result.numDeletedRows > 0n;
  }

  /** Which of these tokens still hold, with their user's access revision. */
  async held(ids: readonly string[]): Promise<Map<string, { accessRevision: number }>> {
    const rows = await this.#database.kysely
      .selectFrom('tokens')
      .innerJoin('users', 'users.id', 'tokens.userId')
      .select(['tokens.id as id', 'users.accessRevision as accessRevision'])
      .where('tokens.id', 'in', ids)
      .execute();
    return new Map(rows.map((row) => [row.id, row]));
  }
}
