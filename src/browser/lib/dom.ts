/** The first element that matches; null if there is none. */
export function find<T extends Element = HTMLElement>(selector: string, within: ParentNode = document): T | null {
  return within.querySelector<T>(selector);
}

/** All elements that match. */
export function findAll<T extends Element = HTMLElement>(
  selector: string,
  within: ParentNode = document,
): readonly T[] {
  return Array.from(within.querySelectorAll<T>(selector));
}

/** Sets an element's text only if it differs, so that screen readers do not repeat it. */
export function setText(element: Element | null, text: string): void {
  if (element !== null && element.textContent !== text) element.textContent = text;
}

/** The step in reading direction, 1 forward or -1 back, of one to the right (1) or left (-1). */
export function along(by: number): number {
  return document.dir === 'rtl' ? -by : by;
}

/** False if the user prefers reduced motion. */
export function mayMove(): boolean {
  return !matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/** Announces a text to screen readers, also if it is the same as before. */
export function announce(text: string): void {
  find('#announce')?.replaceChildren(text);
}

/** Closes menus on Escape and on a click elsewhere. */
export function upgradeMenus(): void {
  const open = () => findAll<HTMLDetailsElement>('details.menu[open]');
  document.addEventListener('click', (event) => {
    for (const menu of open()) {
      const inside = event.target instanceof Node && menu.contains(event.target);
      const chosen =
        event.target instanceof Element && event.target.closest('.sheet a, .sheet button:not([name])') !== null;
      if (!inside || chosen) menu.open = false;
    }
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    for (const menu of open()) {
      menu.open = false;
      find('summary', menu)?.focus();
      event.stopImmediatePropagation();
    }
  });
}
