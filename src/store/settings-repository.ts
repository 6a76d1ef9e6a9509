import type { Database } from './database.ts';
import { json } from './row-fields.ts';

/** Settings by key, as JSON. */
export class SettingsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * The value as it was set, or undefined. A value that can't be read counts as none, and is reported.
   *
   * @param check throws an error if the value has not the type of the key
   */
  async get<T>(key: string, check: (value: unknown) => T): Promise<T | undefined> {
    const row = await this.#database.kysely
      .selectFrom('settings')
      .select('value')
      .where('key', '=', key)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    return this.#database.unreadable.read('settings', key, () => check(json(row.value, 'value')));
  }

  /** Reports a part of a value that can't be read, and is skipped. */
  skipped(key: string, part: string, why: string): void {
    this.#database.unreadable.add('settings', `${key}/${part}`, why);
  }

  /**
   * Keeps anything that JSON can say; undefined removes the key. A value that can't be read is kept under the key with
   * `.unreadable` at its end.
   */
  async set(key: string, value: unknown): Promise<void> {
    const { kysely, unreadable } = this.#database;
    if (unreadable.list.some(({ table, id }) => table === 'settings' && id === key)) {
      await kysely
        .insertInto('settings')
        .columns(['key', 'value'])
        .expression((query) =>
          query
            .selectFrom('settings')
            .select((select) => [select.val(`${key}.unreadable`).as('key'), 'value'])
            .where('key', '=', key),
        )
        .onConflict((conflict) => conflict.column('key').doNothing())
        .execute();
    }
    unreadable.forget('settings', key);
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
