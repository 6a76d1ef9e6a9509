import type { Database } from './database.ts';

/** Settings by key, as JSON. */
export class SettingsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The value as it was set, or undefined. */
  async get<T>(key: string): Promise<T | undefined> {
    const row = await this.#database.kysely
      .selectFrom('settings')
      .select('value')
      .where('key', '=', key)
      .executeTakeFirst();
    return row === undefined ? undefined : (JSON.parse(row.value) as T);
  }

  /** Keeps anything that JSON can say; undefined removes the key. */
  async set(key: string, value: unknown): Promise<void> {
    const { kysely } = this.#database;
    if (value === undefined) {
      await kysely.deleteFrom('settings').where('key', '=', key).execute();
      return;
    }
    const text = JSON.stringify(value);
    await kysely
      .insertInto('settings')
      .values({ key, value: text })
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: text }))
      .execute();
  }
}
