import { setImmediate } from 'node:timers/promises';
import { sql, type SelectQueryBuilder } from 'kysely';
import { PortholeError } from '../domain/errors.ts';
import { dayPattern } from '../domain/local-days.ts';
import {
  photoFileName,
  type Photo,
  type PhotoDay,
  type PhotoPage,
  type PhotoQuarter,
  type PhotoSelection,
} from '../domain/photo.ts';
import type { Database } from '../store/database.ts';
import { PhotoLinkRepository } from './links/photo-link-repository.ts';
import { storageError } from '../store/errors.ts';
import { matching, moment, text, whole } from '../store/row-fields.ts';
import type { PhotosTable, Tables } from '../store/tables.ts';

/** The cameras somebody may see, or null for all. */
export type AllowedCameras = readonly string[] | null;

/** Engines limit how many values one statement takes; longer lists go in parts. */
const partSize = 500;

/** The latest time of a Date, in milliseconds since the epoch. */
const latestTime = 8.64e15;
/** The number of removed cameras that the gallery lists. */
const mostCameras = 100;
/** A quarter of an hour, in milliseconds. Time zones differ by whole ones. */
const quarterMs = 900_000;

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

/** The rows of Photos. Only {@link trash} and {@link restore} return Photos in the trash. */
export class PhotoRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The links to photos, in the same database. */
  get links(): PhotoLinkRepository {
    return new PhotoLinkRepository(this.#database);
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

  /** Photos newest first, `limit` of them: those just older than the cursor `before`, or just newer than `after`. */
  async page(options: {
    cameras: AllowedCameras;
    camera?: string | undefined;
    before?: string | undefined;
    after?: string | undefined;
    limit: number;
  }): Promise<PhotoPage> {
    const { limit } = options;
    const before = options.before === undefined ? undefined : parseCursor(options.before, 'before');
    const after = options.after === undefined ? undefined : parseCursor(options.after, 'after');
    const upwards = after !== undefined && before === undefined;
    const rows = await this.#listed(options.cameras, options.camera)
      .select(columns)
      .$if(before !== undefined, (query) => query.where(compared('<', before)))
      .$if(after !== undefined, (query) => query.where(compared('>', after)))
      .orderBy('takenAt', upwards ? 'asc' : 'desc')
      .orderBy('id', upwards ? 'asc' : 'desc')
      .limit(limit + 1)
      .execute();
    const shown = rows.slice(0, limit);
    const photos = this.#readable(upwards ? shown.reverse() : shown);
    const [first, last] = [photos[0], photos.at(-1)];
    const hasMore = rows.length > limit;
    const exists = async (comparison: '<' | '>', cursor: Cursor) =>
      (await this.#listed(options.cameras, options.camera)
        .select('id')
        .where(compared(comparison, cursor))
        .limit(1)
        .executeTakeFirst()) !== undefined;
    const next = last !== undefined && (upwards ? await exists('<', last) : hasMore);
    const previous = first !== undefined && (upwards ? hasMore : before !== undefined && (await exists('>', first)));
    return { photos, next: next ? cursorOf(last) : null, previous: previous ? cursorOf(first) : null };
  }

  /** The photos on either side of one: taken after it and before it. */
  async neighbours(
    photo: Photo,
    cameras: AllowedCameras,
    camera?: string,
  ): Promise<{ newer: string | null; older: string | null }> {
    const next = (comparison: '>' | '<', direction: 'asc' | 'desc') =>
      this.#listed(cameras, camera)
        .select('id')
        .where(compared(comparison, photo))
        .orderBy('takenAt', direction)
        .orderBy('id', direction)
        .limit(1)
        .executeTakeFirst();
    const [newer, older] = await Promise.all([next('>', 'asc'), next('<', 'desc')]);
    return { newer: newer?.id ?? null, older: older?.id ?? null };
  }

  /** Days with photos, newest first. */
  async days(cameras: AllowedCameras, camera?: string): Promise<PhotoDay[]> {
    const rows = await this.#listed(cameras, camera)
      .select(({ fn }) => ['day', fn.countAll().as('count'), fn.sum('bytes').as('bytes')])
      .groupBy('day')
      .orderBy('day', 'desc')
      .execute();
    return rows
      .filter(({ day }) => dayPattern.test(day))
      .map((row) => ({ day: row.day, count: Number(row.count), bytes: Number(row.bytes) }));
  }

  /** How many photos were taken in each quarter of an hour, oldest first. */
  async quarters(cameras: AllowedCameras, camera?: string): Promise<PhotoQuarter[]> {
    const quarter = sql<number>`"takenAt" / ${sql.raw(String(quarterMs))}`;
    const rows = await this.#listed(cameras, camera)
      .select(({ fn }) => [quarter.as('quarter'), fn.countAll().as('count'), fn.sum('bytes').as('bytes')])
      .groupBy(quarter)
      .orderBy(quarter)
      .execute();
    return rows
      .map((row) => ({ from: Number(row.quarter) * quarterMs, count: Number(row.count), bytes: Number(row.bytes) }))
      .filter(({ from }) => from > 0 && from <= latestTime);
  }

  /** The cameras that have photos, with the name that each had in its latest one, apart from `known` ones. */
  async cameras(cameras: AllowedCameras, known: readonly string[]): Promise<{ id: string; name: string }[]> {
    const { kysely } = this.#database;
    const rows = await this.#listed(cameras)
      .select('cameraId')
      .distinct()
      .$if(known.length > 0, (query) => query.where('cameraId', 'not in', known))
      .limit(mostCameras)
      .execute();
    const named = rows.map(async ({ cameraId: id }) => {
      const query = kysely.selectFrom('photos').select('cameraName').where('cameraId', '=', id);
      const row = await query.where('deletedAt', 'is', null).orderBy('takenAt', 'desc').limit(1).executeTakeFirst();
      return { id, name: row?.cameraName ?? id };
    });
    return (await Promise.all(named)).sort((a, b) => a.name.localeCompare(b.name, 'en'));
  }

  /** The photos of a selection, in parts, each photo once. */
  async *selected(selection: PhotoSelection, cameras: AllowedCameras): AsyncGenerator<readonly Photo[]> {
    const { ids, spans, camera } = selection;
    const left = new Set(selection.except);
    for (const part of parts(ids)) {
      const photos = await this.getMany(part, cameras);
      const later = (photo: Photo) =>
        (camera === undefined || photo.cameraId === camera) && spans.some((span) => covers(span, photo.takenAt));
      yield photos.filter((photo) => !left.has(photo.id) && !later(photo));
    }
    for (const { from, to } of spans) {
      let before: string | undefined = `${to}_-`;
      while (before !== undefined) {
        const page: PhotoPage = await this.page({ cameras, camera, before, after: `${from}_-`, limit: partSize });
        yield page.photos.filter(({ id }) => !left.has(id));
        before = page.next ?? undefined;
      }
    }
  }

  /** The ids of photos that went into the trash at this moment. */
  async deletedAt(moment: number, cameras: AllowedCameras): Promise<string[]> {
    const rows = await this.#database.kysely
      .selectFrom('photos')
      .select('id')
      .where('deletedAt', '=', moment)
      .$if(cameras !== null, (query) => query.where('cameraId', 'in', allowed(cameras)))
      .limit(partSize)
      .execute();
    return rows.map(({ id }) => id);
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

  /**
   * Photos that have been in the trash since before `before`, oldest first.
   *
   * @param after one of these: only those that follow it
   */
  async trash(
    before: number,
    limit: number,
    after?: { readonly id: string; readonly deletedAt: number },
  ): Promise<{ id: string; fileName: string; deletedAt: number }[]> {
    const follows = sql<boolean>`("deletedAt", "id") > (${after?.deletedAt ?? 0}, ${after?.id ?? ''})`;
    const rows = await this.#database.kysely
      .selectFrom('photos')
      .select(['id', 'fileName', 'deletedAt'])
      .where('deletedAt', '<', before)
      .$if(after !== undefined, (query) => query.where(follows))
      .orderBy('deletedAt')
      .orderBy('id')
      .limit(limit)
      .execute();
    return this.#database.unreadable.readAll(
      'photos',
      rows,
      ({ id }) => id,
      ({ id, fileName, deletedAt }) => ({
        id,
        fileName: matching(fileName, 'file name', photoFileName),
        deletedAt: moment(deletedAt, 'time of its deletion'),
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

  #listed(cameras: AllowedCameras, camera?: string): SelectQueryBuilder<Tables, 'photos', object> {
    return this.#database.kysely
      .selectFrom('photos')
      .where('deletedAt', 'is', null)
      .$if(camera !== undefined, (query) => query.where('cameraId', '=', camera ?? ''))
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

/** A photo's place in the order of all: by time, then by id. */
type Cursor = Pick<PhotosTable, 'takenAt' | 'id'>;

/** The cursor of a photo, as `before` and `after` take it. */
export function cursorOf({ takenAt, id }: Cursor): string {
  return `${takenAt}_${id}`;
}

function compared(comparison: '<' | '>', cursor: Cursor | undefined) {
  return sql<boolean>`("takenAt", "id") ${sql.raw(comparison)} (${cursor?.takenAt ?? 0}, ${cursor?.id ?? ''})`;
}

function covers({ from, to }: { from: number; to: number }, moment: number): boolean {
  return moment >= from && moment < to;
}

function parseCursor(text: string, field: 'before' | 'after'): Cursor {
  const [, takenAt, id] = /^(\d{1,16})_([A-Za-z0-9_-]{1,64})$/.exec(text) ?? [];
  if (takenAt === undefined || id === undefined) {
    const of = field === 'before' ? 'before is the "next"' : 'after is the "previous"';
    throw new PortholeError('invalid_input', { field, message: `${of} of another page.` });
  }
  return { takenAt: Number(takenAt), id };
}
