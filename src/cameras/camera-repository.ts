import type { Kysely } from 'kysely';
import type { Camera } from '../domain/cameras/camera.ts';
import { parseSource } from '../domain/cameras/source.ts';
import { parseSubstream } from '../domain/cameras/substream.ts';
import type { Database } from '../store/database.ts';
import { flag, matching, text, whole } from '../store/row-fields.ts';
import type { CamerasTable, Tables } from '../store/tables.ts';

/** The configured Cameras. */
export class CameraRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** All that can be read, in their order. */
  async list(): Promise<Camera[]> {
    const { kysely, unreadable } = this.#database;
    const rows = await kysely.selectFrom('cameras').selectAll().orderBy('position').orderBy('id').execute();
    return unreadable.readAll('cameras', rows, ({ id }) => id, cameraFromRow);
  }

  /** True if no camera is configured, not even one that can't be read. */
  async isEmpty(): Promise<boolean> {
    return (await this.#database.kysely.selectFrom('cameras').select('id').limit(1).executeTakeFirst()) === undefined;
  }

  /** Adds one; its id must be free. */
  async insert(camera: Camera): Promise<void> {
    await this.#database.kysely.transaction().execute(async (transaction) => {
      await transaction
        .insertInto('cameras')
        .values({ ...camera, enabled: camera.enabled ? 1 : 0, bestPhotos: camera.bestPhotos === true ? 1 : 0 })
        .execute();
      await use(transaction, [camera.id]);
    });
  }

  /** The ids of all cameras that exist or ever existed. Photos and permissions of a removed camera keep its id. */
  async usedIds(): Promise<ReadonlySet<string>> {
    const { kysely } = this.#database;
    // A row that another program added has noted nothing.
    const present = kysely.selectFrom('cameras').select('id');
    const rows = await kysely.selectFrom('cameraIds').select('id').union(present).execute();
    return new Set(rows.map(({ id }) => id));
  }

  /** Adds ids to {@link usedIds}. */
  async use(ids: readonly string[]): Promise<void> {
    const used = await this.usedIds();
    const more = ids.filter((id) => !used.has(id));
    if (more.length > 0) await use(this.#database.kysely, more);
  }

  /** Changes the given fields; does nothing for an unknown id. */
  async update(id: string, changes: Partial<Omit<Camera, 'id'>>): Promise<void> {
    const { enabled, bestPhotos, ...others } = changes;
    const values: Partial<CamerasTable> = {
      ...others,
      ...(enabled === undefined ? {} : { enabled: enabled ? 1 : 0 }),
      ...(bestPhotos === undefined ? {} : { bestPhotos: bestPhotos ? 1 : 0 }),
    };
    if (Object.keys(values).length === 0) return;
    await this.#database.kysely.updateTable('cameras').set(values).where('id', '=', id).execute();
  }

  /** Removes one; its photos stay. */
  async delete(id: string): Promise<void> {
    await this.#database.kysely.deleteFrom('cameras').where('id', '=', id).execute();
  }

  /** Sets the position of each id to its index. */
  async reorder(ids: readonly string[]): Promise<void> {
    await this.#database.kysely.transaction().execute(async (transaction) => {
      for (const [position, id] of ids.entries()) {
        await transaction.updateTable('cameras').set({ position }).where('id', '=', id).execute();
      }
    });
  }
}

/** @throws {Error} whose message says why the row can't be read. */
function cameraFromRow(row: CamerasTable): Camera {
  const source = text(row.source, 'source', 10_000);
  parseSource(source);
  return {
    id: matching(row.id, 'id', /^[a-z0-9-]{1,60}$/),
    name: text(row.name, 'name'),
    source,
    enabled: flag(row.enabled, 'switch'),
    position: whole(row.position, 'position'),
    ...(flag(row.bestPhotos, 'choice of photos') ? { bestPhotos: true } : {}),
    ...(row.substream === null ? {} : { substream: substreamOf(row.substream, source) }),
  };
}

function substreamOf(stored: unknown, source: string): string {
  const substream = text(stored, 'sub-stream', 10_000);
  parseSubstream(substream, parseSource(source));
  return substream;
}

async function use(kysely: Kysely<Tables>, ids: readonly string[]): Promise<void> {
  await kysely
    .insertInto('cameraIds')
    .values(ids.map((id) => ({ id })))
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
}
