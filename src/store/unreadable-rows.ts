import { Listeners } from '../domain/listeners.ts';
import type { UnreadableRow } from '../domain/unreadable-row.ts';

/** Rows that are remembered: enough for people to see what happened. */
const mostRows = 100;

/**
 * The rows that could not be read since the database was opened. One bad row, such as one that another program wrote,
 * costs only itself: repositories skip it, and admins see it.
 */
export class UnreadableRows {
  /** By table, id and reason: a row may have several. */
  readonly #rows = new Map<string, UnreadableRow>();
  readonly #listeners = new Listeners<UnreadableRow>();

  /** Those that are still unreadable, in the order in which they were found. */
  get list(): readonly UnreadableRow[] {
    return [...this.#rows.values()];
  }

  /**
   * Reads a row.
   *
   * @param read throws an error whose message says why the row is unreadable
   * @returns undefined if the row can't be read
   */
  read<T>(table: string, id: unknown, read: () => T): T | undefined {
    try {
      const value = read();
      this.#delete((row) => row.table === table && row.id === shown(id));
      return value;
    } catch (error) {
      this.add(table, id, error);
      return undefined;
    }
  }

  /** Reads all rows but those that can't be read. */
  readAll<Row, T>(table: string, rows: readonly Row[], idOf: (row: Row) => unknown, read: (row: Row) => T): T[] {
    return rows.flatMap((row) => {
      const value = this.read(table, idOf(row), () => [read(row)]);
      return value ?? [];
    });
  }

  /** Adds a row; the listeners hear of each only once. */
  add(table: string, id: unknown, error: unknown): void {
    const row = { table, id: shown(id), why: error instanceof Error ? error.message : String(error) };
    const key = `${table}/${row.id}: ${row.why}`;
    if (this.#rows.has(key) || this.#rows.size >= mostRows) return;
    this.#rows.set(key, row);
    this.#listeners.emit(row);
  }

  /** Forgets a row, and parts of it (`ID/…`), because it was written again. */
  forget(table: string, id: string): void {
    this.#delete((row) => row.table === table && (row.id === id || row.id.startsWith(`${id}/`)));
  }

  #delete(matches: (row: UnreadableRow) => boolean): void {
    for (const [key, row] of this.#rows) if (matches(row)) this.#rows.delete(key);
  }

  /** Calls back for each row, also for those that were found before; returns what ends this. */
  onFound(listener: (row: UnreadableRow) => void): () => void {
    for (const row of this.list) listener(row);
    return this.#listeners.add(listener);
  }
}

/** An id may be anything in a bad row. */
function shown(id: unknown): string {
  return (typeof id === 'string' ? id : `${typeof id} ${String(id)}`).slice(0, 80);
}
