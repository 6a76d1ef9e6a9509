import { type GridSettings, gridLayouts } from '../../domain/users/grid-settings.ts';
import type { Database } from '../../store/database.ts';
import { flag, matching, textList } from '../../store/row-fields.ts';

const layoutPattern = new RegExp(`^(${gridLayouts.join('|')})$`);

/** The grid settings of each User. */
export class GridRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The User's settings; undefined before the first change, and if the row can't be read. */
  async get(userId: string): Promise<GridSettings | undefined> {
    const row = await this.#database.kysely
      .selectFrom('grids')
      .select(['layout', 'cameraOrder', 'autoStart'])
      .where('userId', '=', userId)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    return this.#database.unreadable.read('grids', userId, () => ({
      layout: matching(row.layout, 'layout', layoutPattern) as GridSettings['layout'],
      order: textList(row.cameraOrder, 'order'),
      autoStart: flag(row.autoStart, 'switch'),
    }));
  }

  /** Stores the User's settings. */
  async set(userId: string, { layout, order, autoStart }: GridSettings): Promise<void> {
    const values = { layout, cameraOrder: JSON.stringify(order), autoStart: autoStart ? 1 : 0 };
    await this.#database.kysely
      .insertInto('grids')
      .values({ userId, ...values })
      .onConflict((conflict) => conflict.column('userId').doUpdateSet(values))
      .execute();
  }
}
