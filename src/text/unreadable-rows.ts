import { m } from '#messages';
import type { UnreadableRow } from '../domain/unreadable-row.ts';

/** What happened to rows that can't be read, and what to do. */
export function unreadableAdvice(): string {
  return m.settings_unreadable_advice();
}

/** One row in words: `cameras, “gate”: the position is not a whole number`. */
export function unreadableWord({ table, id, why }: UnreadableRow): string {
  return `${table}, “${id}”: ${why}`;
}
