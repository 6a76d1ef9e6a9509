import { visitorPrefix, type Watching } from '../../domain/users/watching.ts';
import type { Database } from '../../store/database.ts';
import { flag, whole } from '../../store/row-fields.ts';
import type { WatchingTable } from '../../store/tables.ts';

/** Rows of anonymous visitors that are kept: anybody can be any number of visitors. */
const mostVisitorRows = 2000;
/** Rows are removed after this many writes, without waiting for the next upkeep. */
const trimEvery = 200;
/** As long as browsers keep a visitor's cookie, in milliseconds. */
const visitorLifetime = 400 * 86_400_000;

/** The watching state of each Session for each Camera. */
export class WatchingRepository {
  readonly #database: Database;
  #writes = 0;

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
    this.#writes += 1;
    if (this.#writes >= trimEvery) await this.prune();
  }

  /**
   * Deletes the states of sessions that have ended and of visitors that have not been here for long, and those of the
   * visitors that were here first if there are too many.
   *
   * @param visitorsOlderThanMs since the state's last change
   */
  async prune(visitorsOlderThanMs = visitorLifetime): Promise<void> {
    this.#writes = 0;
    const { kysely } = this.#database;
    const now = Date.now();
    // A time in the future is one of a clock that has been set back. It would never be the oldest.
    await kysely.updateTable('watching').set({ updatedAt: now }).where('updatedAt', '>', now).execute();
    await kysely
      .deleteFrom('watching')
      .where('sessionId', 'not like', `${visitorPrefix}%`)
      .where('sessionId', 'not in', kysely.selectFrom('sessions').select('id'))
      .execute();
    const [last] = await kysely
      .selectFrom('watching')
      .select('updatedAt')
      .where('sessionId', 'like', `${visitorPrefix}%`)
      .orderBy('updatedAt', 'desc')
      .limit(1)
      .offset(mostVisitorRows)
      .execute();
    await kysely
      .deleteFrom('watching')
      .where('sessionId', 'like', `${visitorPrefix}%`)
      .where('updatedAt', '<=', Math.max(last?.updatedAt ?? 0, now - visitorsOlderThanMs))
      .execute();
  }

  #read(cameraId: string, row: Pick<WatchingTable, 'streaming' | 'width'>): Watching | undefined {
    return this.#database.unreadable.read('watching', cameraId, () => ({
      streaming: flag(row.streaming, 'switch'),
      width: row.width === null ? 'source' : whole(row.width, 'width'),
    }));
  }
}
