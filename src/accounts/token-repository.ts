import { isRole } from '../domain/users/role.ts';
import { isTokenScope, type TokenLimits } from '../domain/users/token-scope.ts';
import type { TokenInfo } from '../domain/users/user.ts';
import type { Database } from '../store/database.ts';
import { moment, textList } from '../store/row-fields.ts';
import type { TokensTable } from '../store/tables.ts';
import { camerasToText, userColumns, userFromRow, type UserRecord } from './user-repository.ts';

/** How fresh `lastUsedAt` is kept, in milliseconds: a write per request would be one per picture for some clients. */
const lastUsedStep = 60_000;

/** The columns of `tokens` that limit one. */
const limitColumns = [
  'tokens.scope as scope',
  'tokens.cameras as tokenCameras',
  'tokens.expiresAt as expiresAt',
] as const;

interface LimitRow {
  readonly id: string;
  readonly scope: string;
  readonly tokenCameras: string | null;
  readonly expiresAt: number | null;
}

/** A token that was used. */
export interface UsedToken {
  readonly id: string;
  readonly user: UserRecord;
  readonly limits: TokenLimits;
}

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
        .select(['tokens.id as id', 'tokens.lastUsedAt as lastUsedAt', ...limitColumns, ...userColumns])
        .where('tokens.hash', '=', ''),
    );
  }

  /** Adds one. */
  async insert(
    token: { id: string; userId: string; name: string; hash: string; createdAt: number } & TokenLimits,
  ): Promise<void> {
    await this.#database.kysely
      .insertInto('tokens')
      .values({ ...token, cameras: camerasToText(token.cameras), lastUsedAt: null })
      .execute();
  }

  /** True if the user has room for one more. Otherwise expired tokens of theirs make room. */
  async hasRoom(userId: string, most: number): Promise<boolean> {
    const { kysely } = this.#database;
    const ids = () => kysely.selectFrom('tokens').select('id').where('userId', '=', userId).execute();
    if ((await ids()).length < most) return true;
    await kysely.deleteFrom('tokens').where('userId', '=', userId).where('expiresAt', '<=', Date.now()).execute();
    return (await ids()).length < most;
  }

  /** Whose token has this hash, unless it has expired; remembers that it was used. */
  async use(hash: string): Promise<UsedToken | undefined> {
    const [row] = await this.#byHash(hash);
    const now = Date.now();
    if (row === undefined || !holds(row, now)) return undefined;
    // A time in the future is one of a clock that has been set back.
    if (row.lastUsedAt === null || Math.abs(now - row.lastUsedAt) > lastUsedStep) {
      const update = this.#database.kysely.updateTable('tokens').set({ lastUsedAt: now }).where('id', '=', row.id);
      // A full disk keeps nobody from watching.
      await update.execute().catch(() => {});
    }
    return { id: row.id, user: userFromRow(row, this.#database.unreadable), limits: this.#limits(row) };
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
        'users.role as role',
        ...limitColumns,
      ])
      .$if(userId !== null, (query) => query.where('tokens.userId', '=', userId ?? ''))
      .orderBy('tokens.createdAt', 'desc')
      .orderBy('tokens.id')
      .execute();
    return rows.map((row) => {
      const limits = this.#limits(row);
      return {
        id: row.id,
        name: row.name,
        username: row.displayUsername ?? row.username,
        ...this.#times(row),
        ...limits,
        role: limits.scope === 'full' && isRole(row.role) ? row.role : 'viewer',
      };
    });
  }

  /** When a token ends; null if it doesn't. */
  async expiryOf(id: string): Promise<number | null> {
    const row = await this.#database.kysely
      .selectFrom('tokens')
      .select('expiresAt')
      .where('id', '=', id)
      .executeTakeFirst();
    return row?.expiresAt ?? null;
  }

  /** Limits that can't be read allow nothing. */
  #limits({ id, scope, tokenCameras, expiresAt }: LimitRow): TokenLimits {
    const { unreadable } = this.#database;
    const read = () => {
      if (!isTokenScope(scope)) throw new Error('the scope is not full or watch');
      const cameras = tokenCameras === null ? null : textList(tokenCameras, 'list of cameras');
      return { scope, cameras, expiresAt: expiresAt === null ? null : moment(expiresAt, 'end') };
    };
    return unreadable.read('tokens', `${id}/limits`, read) ?? { scope: 'watch', cameras: [], expiresAt: 0 };
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

  /** Revokes all tokens of a user. */
  async deleteAll(userId: string): Promise<void> {
    await this.#database.kysely.deleteFrom('tokens').where('userId', '=', userId).execute();
  }

  /** Which of these tokens still hold, with their user's access revision. */
  async held(ids: readonly string[]): Promise<Map<string, { accessRevision: number }>> {
    const rows = await this.#database.kysely
      .selectFrom('tokens')
      .innerJoin('users', 'users.id', 'tokens.userId')
      .select(['tokens.id as id', 'tokens.expiresAt as expiresAt', 'users.accessRevision as accessRevision'])
      .where('tokens.id', 'in', ids)
      .execute();
    const now = Date.now();
    return new Map(rows.filter((row) => holds(row, now)).map((row) => [row.id, row]));
  }
}

/** False if the token has expired, or if its end can't be read. */
function holds({ expiresAt }: { readonly expiresAt: number | null }, now: number): boolean {
  return expiresAt === null || expiresAt > now;
}
