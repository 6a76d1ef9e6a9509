import type { Database } from '../../store/database.ts';

/** What each Camera's controls were set to, as the driver takes it: numbers by control id. */
export class ControlRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Everything that was set on a camera. */
  async get(cameraId: string): Promise<Readonly<Record<string, number>>> {
    const rows = await this.#database.kysely
      .selectFrom('cameraControls')
      .select(['controlId', 'value'])
      .where('cameraId', '=', cameraId)
      .orderBy('controlId')
      .execute();
    return Object.fromEntries(rows.map(({ controlId, value }) => [controlId, value]));
  }

  /** Adds values to those that were set before, or replaces them. */
  async set(cameraId: string, values: Readonly<Record<string, number>>): Promise<void> {
    await this.#database.kysely.transaction().execute(async (transaction) => {
      for (const [controlId, value] of Object.entries(values)) {
        await transaction
          .insertInto('cameraControls')
          .values({ cameraId, controlId, value })
          .onConflict((conflict) => conflict.columns(['cameraId', 'controlId']).doUpdateSet({ value }))
          .execute();
      }
    });
  }

  /** Forgets everything that was set on a camera. */
  async clear(cameraId: string): Promise<void> {
    await this.#database.kysely.deleteFrom('cameraControls').where('cameraId', '=', cameraId).execute();
  }
}
