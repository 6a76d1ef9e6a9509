import { setImmediate } from 'node:timers/promises';
import { sql, type SelectQueryBuilder } from 'kysely';
import { PortholeError } from '../domain/errors.ts';
import { photoFileName, type Photo, type PhotoDay, type PhotoPage } from '../domain/photo.ts';
import type { Database } from '../store/database.ts';
import { storageError } from '../store/errors.ts';
import { matching, moment, text, whole } from '../store/row-fields.ts';
import type { PhotosTable, Tables } from '../store/tables.ts';

/** The cameras somebody may see, or null for all. */
export type AllowedCameras = readonly string[] | null;

/** Engines limit how many values one statement takes; longer lists go in parts. */
const partSize = 500;

const dayPattern = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

const columns = [
  'id',
  'cameraId',
  'cameraName',
  'takenAt',
  'takenBy',
  'width',
  'height',
  'bytes',
  'fileName',
] as const satisfies readonly (keyof Photo)[];

/** Which Photos there are. What is in the trash is in no answer but of {@link trash} and {@link restore}. */
export class PhotoRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Adds one, and resolves when it survives a power cut.
   *
   * @param day the local day it was taken, `YYYY-MM-DD`
   * @throws {PortholeError} `disk_full` or `storage_failed`; then there is no row.
   */
  async insert(photo: Photo, day: string): Promise<void> {
    try {
      await this.#database.ensurePresent();
      await this.#database.kysely
        .insertInto('photos')
        .values({ ...photo, day, deletedAt: null })
        .execute();
      await this.#database.sync().catch(async (error: unknown) => {
        await this.#database.kysely.deleteFrom('photos').where('id', '=', photo.id).execute();
        throw error;
      });
    } catch (error) {
      throw storageError(error);
    }
  }

  /** Photos newest first, `limit` of them, older than the cursor `before`. */
  async page(options: {
    cameras: AllowedCameras;
    camera?: string | undefined;
    before?: string | undefined;
    limit: number;
  }): Promise<PhotoPage> {
    const { camera, limit } = options;
    const before = options.before === undefined ? undefined : parseCursor(options.before);
    const rows = await this.#listed(options.cameras)
      .select(columns)
      .$if(camera !== undefined, (query) => query.where('cameraId', '=', camera ?? ''))
      .$if(before !== undefined, (query) =>
        query.where(sql<boolean>`("takenAt", "id") < (${before?.takenAt ?? 0}, ${before?.id ?? ''})`),
      )
      .orderBy('takenAt', 'desc')
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute();
    const photos = this.#readable(rows.slice(0, limit));
    const last = photos.at(-1);
    return { photos, next: rows.length > limit && last !== undefined ? `${last.takenAt}_${last.id}` : null };
  }

  /** The photos on either side of one: taken after it and before it. */
  async neighbours(photo: Photo, cameras: AllowedCameras): Promise<{ newer: string | null; older: string | null }> {
    const here = sql`(${photo.takenAt}, ${photo.id})`;
    const next = (comparison: '>' | '<', direction: 'asc' | 'desc') =>
      this.#listed(cameras)
        .select('id')
        .where(sql<boolean>`("takenAt", "id") ${sql.raw(comparison)} ${here}`)
        .orderBy('takenAt', direction)
        .orderBy('id', direction)
        .limit(1)
        .executeTakeFirst();
    const [newer, older] = await Promise.all([next('>', 'asc'), next('<', 'desc')]);
    return { newer: newer?.id ?? null, older: older?.id ?? null };
  }

  /** Days with photos, newest first. */
  async days(cameras: AllowedCameras, camera?: string): Promise<PhotoDay[]> {
    const rows = await this.#listed(cameras)
      .$if(camera !== undefined, (query) => query.where('cameraId', '=', camera ?? ''))
      .select(({ fn }) => ['day', fn.countAll().as('count'), fn.sum('bytes').as('bytes')])
      .groupBy('day')
      .orderBy('day', 'desc')
      .execute();
    return rows
      .filter(({ day }) => dayPattern.test(day))
      .map((row) => ({ day: row.day, count: Number(row.count), bytes: Number(row.bytes) }));
  }

  /** How many photos there are, and their files' bytes. */
  async usage(cameras: AllowedCameras): Promise<{ count: number; bytes: number }> {
    const row = await this.#listed(cameras)
      .select(({ fn }) => [fn.countAll().as('count'), fn.sum('bytes').as('bytes')])
      .executeTakeFirst();
    return { count: Number(row?.count ?? 0), bytes: Number(row?.bytes ?? 0) };
  }

  /** One by its id, if its camera may be seen. */
  async get(id: string, cameras: AllowedCameras): Promise<Photo | undefined> {
    return this.#readable(await this.#listed(cameras).select(columns).where('id', '=', id).execute())[0];
  }

  /** Several by their ids, newest first, without those that may not be seen. */
  async getMany(ids: readonly string[], cameras: AllowedCameras): Promise<Photo[]> {
    const photos: Photo[] = [];
    for (const part of parts(ids)) {
      photos.push(...this.#readable(await this.#listed(cameras).select(columns).where('id', 'in', part).execute()));
    }
    return photos.sort((a, b) => b.takenAt - a.takenAt || (a.id < b.id ? 1 : -1));
  }

  /** Moves photos into the trash. */
  async delete(
    ids: readonly string[],
    cameras: AllowedCameras,
    now: number,
  ): Promise<{ id: string; cameraId: string }[]> {
    const deleted: { id: string; cameraId: string }[] = [];
    for (const part of parts(ids)) {
      const rows = await this.#database.kysely
        .updateTable('photos')
        .set({ deletedAt: now })
        .where('id', 'in', part)
        .where('deletedAt', 'is', null)
        .$if(cameras !== null, (query) => query.where('cameraId', 'in', allowed(cameras)))
        .returning(['id', 'cameraId'])
        .execute();
      deleted.push(...rows);
    }
    return deleted;
  }

  /** Takes photos out of the trash that were moved there at `since` or later. */
  async restore(ids: readonly string[], cameras: AllowedCameras, since: number): Promise<Photo[]> {
    const restored: Photo[] = [];
    for (const part of parts(ids)) {
      const rows = await this.#database.kysely
        .updateTable('photos')
        .set({ deletedAt: null })
        .where('id', 'in', part)
        .where('deletedAt', '>=', since)
        .$if(cameras !== null, (query) => query.where('cameraId', 'in', allowed(cameras)))
        .returning(columns)
        .execute();
      restored.push(...this.#readable(rows));
    }
    return restored;
  }

  /** Counts photos that were moved into the trash later than `now`, before the clock was set back, as moved now. */
  async settleTrash(now: number): Promise<void> {
    await this.#database.kysely.updateTable('photos').set({ deletedAt: now }).where('deletedAt', '>', now).execute();
  }

  /** Photos that have been in the trash since before `before`, oldest first. */
  async trash(before: number, limit: number): Promise<{ id: string; fileName: string }[]> {
    const rows = await this.#database.kysely
      .selectFrom('photos')
      .select(['id', 'fileName'])
      .where('deletedAt', '<', before)
      .orderBy('deletedAt')
      .limit(limit)
      .execute();
    return this.#database.unreadable.readAll(
      'photos',
      rows,
      ({ id }) => id,
      ({ id, fileName }) => ({
        id,
        fileName: matching(fileName, 'file name', photoFileName),
      }),
    );
  }

  /** Which of these files belong to no photo, not even to one in the trash. */
  async withoutRow(fileNames: readonly string[]): Promise<string[]> {
    const known = new Set<string>();
    for (const part of parts(fileNames)) {
      const query = this.#database.kysely.selectFrom('photos').select('fileName').where('fileName', 'in', part);
      for (const { fileName } of await query.execute()) known.add(fileName);
      // Others have their turn between two parts of a long list.
      await setImmediate();
    }
    return fileNames.filter((name) => !known.has(name));
  }

  /** Forgets photos whose files are gone. */
  async forget(ids: readonly string[]): Promise<void> {
    for (const part of parts(ids)) {
      await this.#database.kysely
        .deleteFrom('photos')
        .where('id', 'in', part)
        .where('deletedAt', 'is not', null)
        .execute();
    }
  }

  #readable(rows: readonly Photo[]): Photo[] {
    return this.#database.unreadable.readAll('photos', rows, ({ id }) => id, photoFromRow);
  }

  #listed(cameras: AllowedCameras): SelectQueryBuilder<Tables, 'photos', object> {
    return this.#database.kysely
      .selectFrom('photos')
      .where('deletedAt', 'is', null)
      .$if(cameras !== null, (query) => query.where('cameraId', 'in', allowed(cameras)));
  }
}

/** @throws {Error} whose message says why the row can't be read. */
function photoFromRow(row: Photo): Photo {
  return {
    id: text(row.id, 'id'),
    cameraId: text(row.cameraId, 'camera'),
    cameraName: text(row.cameraName, 'name of the camera'),
    takenAt: moment(row.takenAt, 'time'),
    takenBy: row.takenBy === null ? null : text(row.takenBy, 'user'),
    width: whole(row.width, 'width'),
    height: whole(row.height, 'height'),
    bytes: whole(row.bytes, 'size'),
    fileName: matching(row.fileName, 'file name', photoFileName),
  };
}

/** For `in (…)`, which Postgres does not take empty; no camera has the empty id. */
function allowed(cameras: AllowedCameras): readonly string[] {
  return cameras === null || cameras.length === 0 ? [''] : cameras;
}

function* parts(ids: readonly string[]): Generator<readonly string[]> {
  const unique = [...new Set(ids)];
  for (let start = 0; start < unique.length; start += partSize) yield unique.slice(start, start + partSize);
}

function parseCursor(text: string): Pick<PhotosTable, 'takenAt' | 'id'> {
  const [, takenAt, id] = /^(\d{1,15})_([A-Za-z0-9_-]{1,64})$/.exec(text) ?? [];
  if (takenAt === undefined || id === undefined) {
    throw new PortholeError('invalid_input', { field: 'before', message: 'before is the "next" of the page before.' });
  }
  return { takenAt: Number(takenAt), id };
}
