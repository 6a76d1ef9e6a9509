import type { Watching } from '../../domain/watching.ts';
import type { Database } from '../../store/database.ts';
import { flag, whole } from '../../store/row-fields.ts';
import type { WatchingTable } from '../../store/tables.ts';

/** The watching state of each Session for each Camera. */
export class WatchingRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The state for one camera; undefined before the first change. */
  async get(sessionId: string, cameraId: string): Promise<Watching | undefined> {
    const row = await this.#database.kysely
      .selectFrom('watching')
      .select(['streaming', 'width'])
      .where('sessionId', '=', sessionId)
      .where('cameraId', '=', cameraId)
      .executeTakeFirst();
    return row === undefined ? undefined : this.#read(cameraId, row);
  }

  /** All states of a Session, by camera id. */
  async all(sessionId: string): Promise<Map<string, Watching>> {
    const rows = await this.#database.kysely
      .selectFrom('watching')
      .select(['cameraId', 'streaming', 'width'])
      .where('sessionId', '=', sessionId)
      .execute();
    return new Map(
      rows.flatMap((row) => {
        const watching = this.#read(row.cameraId, row);
        return watching === undefined ? [] : [[row.cameraId, watching] as const];
      }),
    );
  }

  /** Stores the state for a camera. */
  async set(sessionId: string, cameraId: string, watching: Watching): Promise<void> {
    const values = {
      streaming: watching.streaming ? 1 : 0,
      width: watching.width === 'source' ? null : watching.width,
      updatedAt: Date.now(),
    };
    await this.#database.kysely
      .insertInto('watching')
      .values({ sessionId, cameraId, ...values })
      .onConflict((conflict) => conflict.columns(['sessionId', 'cameraId']).doUpdateSet(values))
      .execute();
  }

  /** Deletes states that have not changed for this many milliseconds. */
  async prune(olderThanMs: number): Promise<void> {
    await this.#database.kysely
      .deleteFrom('watching')
      .where('updatedAt', '<', Date.now() - olderThanMs)
      .execute();
  }

  #read(cameraId: string, row: Pick<WatchingTable, 'streaming' | 'width'>): Watching | undefined {
    return this.#database.unreadable.read('watching', cameraId, () => ({
      streaming: flag(row.streaming, 'switch'),
      width: row.width === null ? 'source' : whole(row.width, 'width'),
    }));
  }
}
