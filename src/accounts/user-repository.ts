import { PortholeError } from '../domain/errors.ts';
import { isRole, type Role } from '../domain/users/role.ts';
import type { User } from '../domain/users/user.ts';
import type { Database } from '../store/database.ts';
import { textList, time } from '../store/row-fields.ts';
import type { StoredDate, UsersTable } from '../store/tables.ts';
import type { UnreadableRows } from '../store/unreadable-rows.ts';

/** A User with what its grants are compared with. */
export interface UserRecord extends User {
  /** Grows with every change of role or cameras. */
  readonly accessRevision: number;
  /** Grows with every change of the password. */
  readonly passwordRevision: number;
}

/** The columns of `users` that make a {@link UserRecord}; prefixed by their table, for joins. */
export const userColumns = [
  'users.id as userId',
  'users.username as username',
  'users.displayUsername as displayUsername',
  'users.role as role',
  'users.cameras as cameras',
  'users.accessRevision as accessRevision',
  'users.passwordRevision as passwordRevision',
  'users.createdAt as userCreatedAt',
] as const;

/** A row of {@link userColumns}. */
export type UserRow = Pick<UsersTable, 'username' | 'displayUsername' | 'role' | 'cameras'> & {
  userId: string;
  accessRevision: number;
  passwordRevision: number;
  userCreatedAt: StoredDate;
};

/** Users, as Porthole reads them; better-auth makes them and keeps their passwords. */
export class UserRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** True if nobody may sign in yet. */
  async isEmpty(): Promise<boolean> {
    return (await this.#database.kysely.selectFrom('users').select('id').limit(1).executeTakeFirst()) === undefined;
  }

  /** All, by name. */
  async list(): Promise<UserRecord[]> {
    const rows = await this.#database.kysely.selectFrom('users').select(userColumns).orderBy('username').execute();
    return rows.map((row) => userFromRow(row, this.#database.unreadable));
  }

  /** One by its id. */
  async byId(id: string): Promise<UserRecord | undefined> {
    const row = await this.#database.kysely
      .selectFrom('users')
      .select(userColumns)
      .where('id', '=', id)
      .executeTakeFirst();
    return row === undefined ? undefined : userFromRow(row, this.#database.unreadable);
  }

  /** One by its id. @throws {PortholeError} `user_not_found`. */
  async existing(id: string): Promise<UserRecord> {
    const user = await this.byId(id);
    if (user === undefined) throw new PortholeError('user_not_found');
    return user;
  }

  /** Several by their ids. */
  async byIds(ids: readonly string[]): Promise<Map<string, UserRecord>> {
    const rows = await this.#database.kysely.selectFrom('users').select(userColumns).where('id', 'in', ids).execute();
    return new Map(rows.map((row) => [row.userId, userFromRow(row, this.#database.unreadable)]));
  }

  /** The user with this name, in any case. */
  async byName(username: string): Promise<UserRecord | undefined> {
    const row = await this.#database.kysely
      .selectFrom('users')
      .select(userColumns)
      .where('username', '=', username.toLowerCase())
      .executeTakeFirst();
    return row === undefined ? undefined : userFromRow(row, this.#database.unreadable);
  }

  /**
   * Changes the role or the cameras of a user.
   *
   * @returns false, and nothing is changed, if that would take the last admin away.
   */
  async changeAccess(id: string, changes: { role?: Role; cameras?: readonly string[] | null }): Promise<boolean> {
    const result = await this.#database.kysely
      .updateTable('users')
      .set((expression) => ({
        accessRevision: expression('accessRevision', '+', 1),
        ...(changes.role === undefined ? {} : { role: changes.role }),
        ...(changes.cameras === undefined ? {} : { cameras: camerasToText(changes.cameras) }),
      }))
      .where('id', '=', id)
      .$if(changes.role !== undefined && changes.role !== 'admin', (query) =>
        query.where((expression) =>
          expression.or([expression('role', '!=', 'admin'), expression.exists(this.#otherAdmins(id))]),
        ),
      )
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  /** Marks that the password is another one now. */
  async passwordChanged(id: string): Promise<void> {
    await this.#database.kysely
      .updateTable('users')
      .set((expression) => ({ passwordRevision: expression('passwordRevision', '+', 1) }))
      .where('id', '=', id)
      .execute();
  }

  /**
   * Removes the user with everything that is theirs: sessions, passwords, tokens.
   *
   * @returns false, and nothing is changed, if it is the last admin.
   */
  async remove(id: string): Promise<boolean> {
    const result = await this.#database.kysely
      .deleteFrom('users')
      .where('id', '=', id)
      .where((expression) =>
        expression.or([expression('role', '!=', 'admin'), expression.exists(this.#otherAdmins(id))]),
      )
      .executeTakeFirst();
    return result.numDeletedRows > 0n;
  }

  #otherAdmins(id: string) {
    return this.#database.kysely
      .selectFrom('users as other')
      .select('other.id')
      .where('other.role', '=', 'admin')
      .where('other.id', '!=', id);
  }
}

/** A {@link UserRecord} from {@link userColumns}. A role or list of cameras that can't be read allows least. */
export function userFromRow(row: UserRow, unreadable: UnreadableRows): UserRecord {
  const { role, cameras } = row;
  const field = <T>(read: () => T, otherwise: T): T => {
    try {
      return read();
    } catch (error) {
      unreadable.add('users', row.userId, error);
      return otherwise;
    }
  };
  return {
    id: row.userId,
    username: row.displayUsername ?? row.username,
    role: field(() => roleIn(role), 'viewer'),
    cameras: cameras === null ? null : field(() => textList(cameras, 'list of cameras'), []),
    createdAt: field(() => time(row.userCreatedAt, 'creation time'), 0),
    accessRevision: row.accessRevision,
    passwordRevision: row.passwordRevision,
  };
}

function roleIn(value: unknown): Role {
  if (!isRole(value)) throw new Error('the role is not viewer, operator or admin');
  return value;
}

/** A camera list as stored. */
export function camerasToText(cameras: readonly string[] | null): string | null {
  return cameras === null ? null : JSON.stringify([...new Set(cameras)]);
}

/** Milliseconds since the epoch of a stored date. */
export function toMilliseconds(date: StoredDate): number {
  return new Date(date).getTime();
}
