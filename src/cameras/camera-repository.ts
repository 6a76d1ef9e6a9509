import type { Camera } from '../domain/camera.ts';
import type { Database } from '../store/database.ts';
import type { CamerasTable } from '../store/tables.ts';

/** The configured Cameras. */
export class CameraRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** All, in their order. */
  async list(): Promise<Camera[]> {
    const rows = await this.#database.kysely
      .selectFrom('cameras')
      .selectAll()
      .orderBy('position')
      .orderBy('id')
      .execute();
    return rows.map(({ bestPhotos, ...row }) => ({
      ...row,
      enabled: row.enabled === 1,
      ...(bestPhotos === 1 ? { bestPhotos: true } : {}),
    }));
  }

  /** Adds one; its id must be free. */
  async insert(camera: Camera): Promise<void> {
    await this.#database.kysely
      .insertInto('cameras')
      .values({ ...camera, enabled: camera.enabled ? 1 : 0, bestPhotos: camera.bestPhotos === true ? 1 : 0 })
      .execute();
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
