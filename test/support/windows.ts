import type { BrowserContext, Page } from 'playwright-core';

/** A browser window that pages are looked at in. */
export interface Window {
  readonly width: number;
  readonly height: number;
  /** Text of twice the usual size, as people set it in the browser or the system. */
  readonly largeText?: boolean;
}

/** Phones, tablets, laptops and wide screens, large text on phones and laptops, and laptops zoomed to 200 %. */
export const windows: readonly Window[] = [
  { width: 320, height: 640 },
  { width: 390, height: 844 },
  { width: 844, height: 390 },
  { width: 768, height: 1024 },
  { width: 1366, height: 625 },
  { width: 1440, height: 900 },
  { width: 2560, height: 1440 },
  // 1366 × 625 and 1440 × 900 at 200 %.
  { width: 683, height: 312 },
  { width: 720, height: 450 },
  { width: 320, height: 640, largeText: true },
  { width: 390, height: 844, largeText: true },
  { width: 844, height: 390, largeText: true },
  { width: 768, height: 1024, largeText: true },
  { width: 1366, height: 625, largeText: true },
];

/** The windows in which long words are most likely not to fit. */
export const tightWindows: readonly Window[] = windows.filter(
  ({ width, largeText }) => width <= 320 || largeText === true,
);

/** Those that differ for pages that are at most 760 px wide: one of each width on either side of their breakpoints. */
export const columnWindows: readonly Window[] = windows.filter(
  ({ width, largeText = false }) => width < 1440 && width !== 720 && !(width === 390 && largeText) && width !== 844,
);

/** The tightest of phones and laptops, for pages of which another test has seen the rest. */
export const tightestWindows: readonly Window[] = tightWindows.filter(({ width }) => ![390, 768, 844].includes(width));

/** A state of a page that is shown. */
export interface View {
  readonly name: string;
  /** Brings the page into the state, in each window; the view before it has been left. */
  readonly show?: (page: Page) => Promise<unknown>;
  /** The part of the page whose controls count, if it lies over the others, such as a menu; the whole page by default. */
  readonly within?: string;
}

/** A page, and the states that it is looked at in. */
export interface PageState {
  readonly name: string;
  readonly path: string;
  /** The status that the server answers with; 200 by default. */
  readonly status?: number;
  /** Brings the page into its first state; runs once, in the first window. */
  readonly open?: (page: Page) => Promise<unknown>;
  /** Further states. */
  readonly views?: readonly View[];
  /** The windows to look in, for states that differ from others by a few words; those of the others by default. */
  readonly windows?: readonly Window[];
}

/** Resizes a page, including its text. */
export async function resizeTo(page: Page, { width, height, largeText = false }: Window): Promise<void> {
  await page.setViewportSize({ width, height });
  await page.evaluate(
    async (size) => {
      document.documentElement.style.fontSize = size;
      // Two frames: one in which observers react, one for what they change.
      for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
    },
    largeText ? '200%' : '',
  );
}

/** Closes what a view has opened: menus, dialogs, messages and full screen. */
const leave = (page: Page): Promise<void> =>
  page.evaluate(() => {
    for (const open of document.querySelectorAll('details[open]')) open.removeAttribute('open');
    for (const dialog of document.querySelectorAll<HTMLDialogElement>('dialog[open]')) dialog.close();
    for (const toast of document.querySelectorAll('#toasts > .toast')) toast.remove();
    document.querySelector('.filling')?.classList.remove('filling');
  });

/** Opens a menu or another part that is folded. */
export const unfold =
  (selector: string) =>
  (page: Page): Promise<void> =>
    page.evaluate((each) => {
      for (const folded of document.querySelectorAll(each)) folded.setAttribute('open', '');
    }, selector);

/** Shows the longest of messages. */
export const complain = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    const toast = document.querySelector<HTMLTemplateElement>('#toast-template')?.content.firstElementChild;
    const place = document.querySelector('#toasts');
    if (toast == null || place === null) return;
    const shown = document.importNode(toast, true) as HTMLElement;
    shown.dataset.kind = 'error';
    shown.querySelector('.toast-undo')?.setAttribute('hidden', '');
    const text = shown.querySelector('.toast-text');
    if (text !== null) text.textContent = 'Porthole is not responding. Check your connection and try again.';
    place.append(shown);
    // What it lies over makes room for it.
    for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
  });

/**
 * Looks at pages in windows.
 *
 * @param visitors share the pages; each mostly waits for the browser to draw
 * @returns the faults by page, view and window; empty if there are none
 */
export async function faultsOf(
  visitors: readonly BrowserContext[],
  states: readonly PageState[],
  within: readonly Window[] = windows,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const faults: Record<string, readonly string[]> = {};
  const waiting = [...states];
  await Promise.all(
    visitors.map(async (visitor) => {
      const page = await visitor.newPage();
      await page.emulateMedia({ reducedMotion: 'reduce' });
      for (let state = waiting.shift(); state !== undefined; state = waiting.shift()) {
        Object.assign(faults, await faultsOfPage(page, state, within));
      }
      await page.close();
    }),
  );
  return faults;
}

async function faultsOfPage(
  page: Page,
  { name, path, status = 200, open, views = [], windows: own }: PageState,
  within: readonly Window[],
): Promise<Readonly<Record<string, readonly string[]>>> {
  const faults: Record<string, readonly string[]> = {};
  await page.setViewportSize({ width: 320, height: 640 });
  const answer = await page.goto(path);
  if (answer?.status() !== status) return { [name]: [`answered with ${answer?.status()}`] };
  await open?.(page);
  for (const window of own ?? within) {
    await resizeTo(page, window);
    const look = async (view: string, scope?: string): Promise<void> => {
      const found = await faultsIn(page, scope);
      const { width, height, largeText } = window;
      if (found.length > 0)
        faults[`${name}${view}, ${width} × ${height}${largeText === true ? ', large text' : ''}`] = found;
    };
    await look('');
    for (const view of views) {
      await view.show?.(page);
      await look(`, ${view.name}`, view.within);
      await leave(page);
    }
  }
  return faults;
}

/**
 * The faults of a page in its window: sideways scrolling, a current tab that is not in view, headings smaller than text,
 * and controls that cannot be reached by scrolling, are covered, are smaller than 44 px or than their words, leave the box
 * they belong to, stand alone as an icon on a row, or have a word that breaks; and text that is cut off, begins at the wrong side, parts a number from its unit, or lies over other text of
 * a video.
 */
function faultsIn(page: Page, within = 'body'): Promise<readonly string[]> {
  return page.evaluate((selector) => {
    const least = 44;
    const found: string[] = [];
    const { clientWidth: width, clientHeight: height } = document.documentElement;
    if (document.documentElement.scrollWidth > width) found.push('the page scrolls sideways');
    const modal = document.querySelector('dialog:modal');
    const scope = modal ?? document.querySelector(selector);
    if (scope === null) return [`${selector} is missing`];
    const isShown = (element: Element) =>
      element.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true });
    const nameOf = (element: Element) => element.outerHTML.replaceAll(/\s+/g, ' ').slice(0, 100);

    const bars = [...scope.querySelectorAll('.tabs, .filter')].map((tabs) => ({ tabs, scrolled: tabs.scrollLeft }));
    for (const { tabs } of bars) {
      const [box, tab] = [tabs, tabs.querySelector('[aria-current]')].map((each) => each?.getBoundingClientRect());
      if (box === undefined || tab === undefined) continue;
      const middle = tab.left + tab.width / 2;
      if (middle < box.left || middle > box.right) found.push(`the current tab is not in view: ${nameOf(tabs)}`);
    }
    const textSize = parseFloat(getComputedStyle(document.body).fontSize);
    for (const heading of scope.querySelectorAll('h1, h2:not(.stage *)')) {
      if (isShown(heading) && parseFloat(getComputedStyle(heading).fontSize) < textSize)
        found.push(`smaller than the text below it: ${nameOf(heading)}`);
    }

    const controls = [
      ...scope.querySelectorAll<HTMLElement>(
        'a[href], button, select, summary, textarea, input:not([type=hidden]), [role=switch]',
      ),
    ].filter(isShown);
    for (const control of controls) {
      const target = control.matches('input[type=checkbox], input[type=radio]')
        ? (control.closest('label') ?? control)
        : control;
      target.scrollIntoView({ block: 'center', inline: 'center' });
      const box = target.getBoundingClientRect();
      // Only for screen readers, or shown on focus.
      if (box.width <= 1 || box.height <= 1 || box.bottom < 0) continue;
      const problems: string[] = [];
      if (box.left < -1 || box.right > width + 1) problems.push('beyond the side of the window');
      if (box.height < height && (box.top < -1 || box.bottom > height + 1)) problems.push('above or below the window');
      for (let outer = target.parentElement; outer !== null; outer = outer.parentElement) {
        const style = getComputedStyle(outer);
        const hides = (overflow: string) => overflow === 'hidden' || overflow === 'clip';
        if ((hides(style.overflowY) && outer.scrollTop !== 0) || (hides(style.overflowX) && outer.scrollLeft !== 0)) {
          problems.push('cut off, and cannot be scrolled to');
          outer.scrollTo(0, 0);
        }
        // A box that is drawn around its controls contains them, unless it scrolls or they are a menu of it.
        if (['auto', 'scroll'].includes(style.overflowX) || outer.matches('details, body')) break;
        if (style.backgroundColor === 'rgba(0, 0, 0, 0)') continue;
        const around = outer.getBoundingClientRect();
        const [overX, overY] = [
          Math.max(around.left - box.left, box.right - around.right),
          Math.max(around.top - box.top, box.bottom - around.bottom),
        ];
        if (Math.max(overX, overY) > 1) problems.push(`outside its box, ${nameOf(outer).slice(0, 40)}`);
        break;
      }
      const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
      const answers = (atX: number, atY: number) => {
        const hit = document.elementFromPoint(atX, atY);
        return (
          hit !== null &&
          (target.contains(hit) || hit.contains(target) || hit.closest('label')?.contains(target) === true)
        );
      };
      const hit = document.elementFromPoint(x, y);
      if (hit === null || !(target.contains(hit) || hit.closest('label')?.contains(target) === true)) {
        // Links of several lines have no middle, and a link over a whole card has other controls on it.
        if (target.getClientRects().length === 1 && !target.matches('.enlarge'))
          problems.push(`covered by ${hit === null ? 'nothing' : nameOf(hit).slice(0, 60)}`);
      }
      if (target.matches('button, .btn') && target.scrollWidth > target.clientWidth + 1)
        problems.push('words leave it');
      // Links within a sentence are as large as their words, as WCAG allows.
      if (target.closest('p, dd, .hint') === null) {
        const reach = least / 2 - 0.5;
        const wide = box.width >= least - 0.5 || (answers(x - reach, y) && answers(x + reach, y));
        const high = box.height >= least - 0.5 || (answers(x, y - reach) && answers(x, y + reach));
        if (!wide || !high) problems.push(`only ${Math.round(box.width)} × ${Math.round(box.height)}`);
      }
      if (problems.length > 0) found.push(`${problems.join(', ')}: ${nameOf(target)}`);
    }

    const isBroken = (node: Node, start: number, end: number) => {
      const range = document.createRange();
      range.setStart(node, start);
      range.setEnd(node, end);
      const rects = [...range.getClientRects()].filter((rect) => rect.width > 0);
      return new Set(rects.map(({ top }) => Math.round(top))).size > 1;
    };
    // Words of controls and headings stay whole. Names that people choose, addresses and codes may break.
    const texts = scope.querySelectorAll(
      'a, button, summary, label, legend, h1, h2, h3, dt, dd, th, p, .tag, .chip-word, .selected-count, .row-text > *',
    );
    for (const text of texts) {
      if (!isShown(text) || text.closest('.name, .chip-name, code, .path') !== null) continue;
      const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
        if (node.parentElement?.clientWidth === 1 || node.parentElement?.closest('.path, code') !== null) continue;
        for (const word of (node.textContent ?? '').matchAll(/\p{L}{2,20}/gu)) {
          // The hyphen of a soft hyphen at the end of a line counts as part of the letter after it.
          const isHyphenated = node.textContent?.[word.index - 1] === '\u00AD';
          if (isBroken(node, word.index + Number(isHyphenated), word.index + word[0].length))
            found.push(`"${word[0]}" breaks: ${nameOf(text)}`);
        }
      }
    }

    // Text is not cut off, except where an ellipsis says so, and in captions, of which the end may be missing.
    const all = document.createTreeWalker(scope, NodeFilter.SHOW_TEXT);
    for (let node = all.nextNode(); node !== null; node = all.nextNode()) {
      const parent = node.parentElement;
      if (parent === null || (node.textContent ?? '').trim() === '' || !isShown(parent)) continue;
      if (parent.closest('script, style, template, noscript, .vh, .tile > .chip, option') !== null) continue;
      const [measure] =
        /\d (?:fps|ms|s|min|h|px|[kM]bit\/s|[KMGT]B)(?!\p{L})|\d × \d|(?<=\S) · /u.exec(node.textContent ?? '') ?? [];
      if (measure !== undefined && getComputedStyle(parent).whiteSpace === 'normal' && !parent.matches('code'))
        found.push(`"${measure}" may break: ${nameOf(parent)}`);
      for (const { 0: words, index } of (node.textContent ?? '').matchAll(/\d\u00a0\S+/gu))
        if (isBroken(node, index, index + words.length)) found.push(`"${words}" breaks: ${nameOf(parent)}`);
      const range = document.createRange();
      range.selectNodeContents(node);
      const text = range.getBoundingClientRect();
      if (text.width < 1) continue;
      for (let outer: Element | null = parent; outer !== null && outer !== document.body; outer = outer.parentElement) {
        const style = getComputedStyle(outer);
        const box = outer.getBoundingClientRect();
        if (style.overflowY === 'auto' && outer.scrollTop === 0 && text.top < box.top - 1)
          found.push(`"${(node.textContent ?? '').trim().slice(0, 40)}" is above what can be scrolled to`);
        if (['auto', 'scroll'].includes(style.overflowX) || style.textOverflow === 'ellipsis') break;
        if (!['hidden', 'clip'].includes(style.overflowX)) continue;
        // Only for screen readers.
        if (box.width <= 1) break;
        if (text.left < box.left - 1 || text.right > box.right + 1)
          found.push(`"${(node.textContent ?? '').trim().slice(0, 40)}" is cut off by ${nameOf(outer).slice(0, 60)}`);
        break;
      }
    }
    for (const element of scope.querySelectorAll('*')) {
      if (!isShown(element) || element.textContent.trim() === '') continue;
      const { textOverflow, fontSize, flexWrap, display, direction, textAlign } = getComputedStyle(element);
      const isCut = textOverflow === 'ellipsis' && element.scrollWidth > element.clientWidth + 1;
      if (isCut && element.clientWidth < 3 * parseFloat(fontSize)) found.push(`mostly an ellipsis: ${nameOf(element)}`);
      // Icons share a row with others.
      if (display === 'flex' && flexWrap === 'wrap' && element.children.length > 2) {
        const [last, before] = [...element.children].filter((each) => isShown(each) && each.clientWidth > 1).reverse();
        const isIcon = last?.textContent.trim() === '' && last.querySelector('svg') !== null;
        const isBelow =
          (before?.getBoundingClientRect().bottom ?? Infinity) <= (last?.getBoundingClientRect().top ?? 0);
        if (isIcon && isBelow) found.push(`alone on its row: ${nameOf(last)}`);
      }
      // Names begin where the rest of the page does, whatever their own direction.
      if (element.matches('.name, .chip-name') && textAlign === 'start') {
        const range = document.createRange();
        range.selectNodeContents(element);
        const [text, box] = [range.getBoundingClientRect(), element.getBoundingClientRect()];
        if ((direction === 'rtl' ? box.right - text.right : text.left - box.left) > 2)
          found.push(`begins at the other side: ${nameOf(element)}`);
      }
    }

    // Words over a video do not lie over each other.
    const overVideo = '.over-box > :not(.over-actions), .over-actions :is(button, a), .chip > *, .tile-age, .tile-bar';
    for (const stage of scope.querySelectorAll('.stage')) {
      const { top, bottom } = stage.getBoundingClientRect();
      stage.querySelector('.over')?.scrollTo(0, 0);
      const words = [...stage.querySelectorAll(overVideo)]
        .filter((each) => isShown(each) && (each.textContent.trim() !== '' || each.matches('.tile-bar')))
        .map((each) => {
          const range = document.createRange();
          range.selectNodeContents(each);
          const box = (each.matches('button, a, .tile-bar, .tile-age') ? each : range).getBoundingClientRect();
          return { each, box };
        })
        .filter(({ box }) => box.width > 1 && box.top < bottom && box.bottom > top);
      for (const [index, a] of words.entries()) {
        for (const b of words.slice(index + 1)) {
          if (a.each.contains(b.each) || b.each.contains(a.each)) continue;
          const over =
            Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left) > 2 &&
            Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top) > 4;
          if (over) found.push(`${nameOf(a.each).slice(0, 60)} lies over ${nameOf(b.each).slice(0, 60)}`);
        }
      }
    }

    const filling = document.querySelector('.filling');
    if (filling !== null && filling.getBoundingClientRect().height < height) found.push('the window is not filled');
    scrollTo(0, 0);
    for (const { tabs, scrolled } of bars) tabs.scrollLeft = scrolled;
    return [...new Set(found)];
  }, within);
}
