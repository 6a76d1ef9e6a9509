import type { Database } from '../../store/database.ts';
import { text, whole } from '../../store/row-fields.ts';

/** The stored values of each Camera's controls: the driver's numbers, by control id. */
export class ControlRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** All values of a camera. */
  async get(cameraId: string): Promise<Readonly<Record<string, number>>> {
    const { kysely, unreadable } = this.#database;
    const rows = await kysely
      .selectFrom('cameraControls')
      .select(['controlId', 'value'])
      .where('cameraId', '=', cameraId)
      .orderBy('controlId')
      .execute();
    const values = unreadable.readAll(
      'cameraControls',
      rows,
      ({ controlId }) => `${cameraId}/${controlId}`,
      (row) => [text(row.controlId, 'control'), whole(row.value, 'value')] as const,
    );
    return Object.fromEntries(values);
  }

  /** Adds or replaces values. */
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

  /** Deletes all values of a camera. */
  async clear(cameraId: string): Promise<void> {
    await this.#database.kysely.deleteFrom('cameraControls').where('cameraId', '=', cameraId).execute();
  }
}
