/** The first element that matches, which the page is known to have. */
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

/** Sets an element's text, only when it differs: what reads pages aloud hears no repetition. */
export function setText(element: Element | null, text: string): void {
  if (element !== null && element.textContent !== text) element.textContent = text;
}

/** True if movement is welcome. */
export function mayMove(): boolean {
  return !matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/** Says something to those who listen instead of looking. */
export function announce(text: string): void {
  setText(find('#announce'), text);
}

/** The time zone of the server, in which the page tells times. */
export function serverZone(): string | undefined {
  return document.documentElement.dataset.zone;
}

/** Closes menus by Escape and by a click elsewhere. */
export function upgradeMenus(): void {
  const open = () => findAll<HTMLDetailsElement>('details.menu[open]');
  document.addEventListener('click', (event) => {
    for (const menu of open()) {
      const inside = event.target instanceof Node && menu.contains(event.target);
      const chosen = event.target instanceof Element && event.target.closest('.sheet a, .sheet button') !== null;
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
