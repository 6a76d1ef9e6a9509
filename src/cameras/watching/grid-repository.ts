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

  /** The settings of each User who has changed some. Rows that can't be read are missing. */
  async all(): Promise<readonly (readonly [string, GridSettings])[]> {
    const rows = await this.#database.kysely
      .selectFrom('grids')
      .select(['userId', 'layout', 'cameraOrder', 'autoStart'])
      .execute();
    return this.#database.unreadable.readAll(
      'grids',
      rows,
      ({ userId }) => userId,
      (row) => {
        const layout = matching(row.layout, 'layout', layoutPattern) as GridSettings['layout'];
        const order = textList(row.cameraOrder, 'order');
        return [row.userId, { layout, order, autoStart: flag(row.autoStart, 'switch') }] as const;
      },
    );
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
