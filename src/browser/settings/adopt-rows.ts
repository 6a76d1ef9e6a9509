/** How the rows of a list are told apart and compared. */
export interface Rows {
  /** What identifies a row. */
  readonly key: (row: HTMLElement) => string;
  /** True if two rows of one key show the same. */
  readonly isSame: (old: HTMLElement, now: HTMLElement) => boolean;
}

/**
 * Shows the rows of a fresh version of a list, in its order. Unchanged rows are not moved unless their order has changed, as
 * one may have the focus.
 */
export function adoptRows(list: HTMLElement, fresh: HTMLElement, { key, isSame }: Rows): void {
  const [here, now] = [rowsOf(list), rowsOf(fresh)];
  for (const row of here) if (!now.some((other) => key(other) === key(row))) row.remove();
  let next = list.firstElementChild;
  for (const row of now) {
    const old = here.find((other) => key(other) === key(row));
    const shown = old !== undefined && isSame(old, row) ? old : document.adoptNode(row);
    if (old === undefined) shown.classList.add('arriving');
    else if (old !== shown) {
      if (next === old) next = shown;
      old.replaceWith(shown);
    }
    if (shown === next) next = next.nextElementSibling;
    else list.insertBefore(shown, next);
  }
}

function rowsOf(list: HTMLElement): readonly HTMLElement[] {
  return Array.from(list.children).filter((row) => row instanceof HTMLElement);
}
