import { userColumns, userFromRow, type UserRecord, type UserRow } from '../../accounts/user-repository.ts';
import type { PhotoLink } from '../../domain/photo-link.ts';
import type { Database } from '../../store/database.ts';

/** A link with what decides whether it still shows its photo. */
export interface StoredLink extends PhotoLink {
  readonly user: UserRecord;
  /** Milliseconds since the epoch, or null. */
  readonly revokedAt: number | null;
}

type LinkRow = UserRow & {
  readonly linkId: string;
  readonly photoId: string;
  readonly linkCreatedAt: number;
  readonly expiresAt: number;
  readonly revokedAt: number | null;
};

const columns = [
  'photoLinks.id as linkId',
  'photoLinks.photoId as photoId',
  'photoLinks.createdAt as linkCreatedAt',
  'photoLinks.expiresAt as expiresAt',
  'photoLinks.revokedAt as revokedAt',
  ...userColumns,
] as const;

/** Links to photos. Those of removed photos and users go with them. */
export class PhotoLinkRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** One by its id. */
  async get(id: string): Promise<StoredLink | undefined> {
    return (await this.#rows().where('photoLinks.id', '=', id).execute()).map((row) => this.#read(row))[0];
  }

  /** Those of a photo that are neither revoked nor expired, newest first. */
  async active(photoId: string, now: number): Promise<readonly StoredLink[]> {
    const rows = await this.#rows()
      .where('photoLinks.photoId', '=', photoId)
      .where('photoLinks.revokedAt', 'is', null)
      .where('photoLinks.expiresAt', '>', now)
      .orderBy('photoLinks.createdAt', 'desc')
      .execute();
    return rows.map((row) => this.#read(row));
  }

  /** Adds one. */
  async insert(link: {
    id: string;
    photoId: string;
    userId: string;
    createdAt: number;
    expiresAt: number;
  }): Promise<void> {
    await this.#database.kysely
      .insertInto('photoLinks')
      .values({ ...link, revokedAt: null })
      .execute();
  }

  /** Revokes one. */
  async revoke(id: string, now: number): Promise<void> {
    await this.#database.kysely.updateTable('photoLinks').set({ revokedAt: now }).where('id', '=', id).execute();
  }

  /** Forgets links that ended before `before`, and all of a photo that have ended when they are more than `most`. */
  async prune(photoId: string, before: number, now: number, most: number): Promise<void> {
    const { kysely } = this.#database;
    await kysely.deleteFrom('photoLinks').where('expiresAt', '<', before).execute();
    const ended = kysely
      .selectFrom('photoLinks')
      .select('id')
      .where('photoId', '=', photoId)
      .where((where) => where.or([where('revokedAt', 'is not', null), where('expiresAt', '<=', now)]));
    const ids = (await ended.execute()).map(({ id }) => id);
    if (ids.length > most) await kysely.deleteFrom('photoLinks').where('id', 'in', ids).execute();
  }

  #rows() {
    return this.#database.kysely
      .selectFrom('photoLinks')
      .innerJoin('users', 'users.id', 'photoLinks.userId')
      .select(columns);
  }

  #read(row: LinkRow): StoredLink {
    const user = userFromRow(row, this.#database.unreadable);
    const { linkId: id, photoId, linkCreatedAt: createdAt, expiresAt, revokedAt } = row;
    return { id, photoId, createdAt, expiresAt, revokedAt, user, createdBy: user.username };
  }
}
