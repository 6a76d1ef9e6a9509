import type { UnreadableRow } from '../domain/unreadable-row.ts';

/** What happened to rows that can't be read, and what to do. */
export const unreadableAdvice =
  'Porthole skipped them and kept them as they are. Restore a backup of the database, or correct or delete these rows ' +
  'with a database tool while Porthole is stopped.';

/** One row in words: `cameras, “gate”: the position is not a whole number`. */
export function unreadableWord({ table, id, why }: UnreadableRow): string {
  return `${table}, “${id}”: ${why}`;
}
