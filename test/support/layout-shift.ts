import type { BrowserContext, Page } from 'playwright-core';

/** A jump of the page, also after input, as browsers report it (Layout Instability API). */
interface Shift {
  readonly value: number;
  /** The elements that moved. */
  readonly moved: readonly string[];
}

/** Records the layout shifts of all pages that open from now on. */
export async function recordShifts(of: BrowserContext | Page): Promise<void> {
  await of.addInitScript(() => {
    const shifts: Shift[] = [];
    Object.assign(window, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { value, sources } = entry as unknown as {
          readonly value: number;
          readonly sources: readonly { readonly node: Node | null; previousRect: DOMRect; currentRect: DOMRect }[];
        };
        const place = ({ x, y, width, height }: DOMRect) => [x, y, width, height].map(Math.round).join(' ');
        shifts.push({
          value,
          moved: sources.map(({ node, previousRect, currentRect }) => {
            const element = node instanceof Element ? node : (node?.parentElement ?? null);
            const name = (element?.cloneNode() as Element | null)?.outerHTML.slice(0, 80) ?? 'a removed element';
            return `${name} from ${place(previousRect)} to ${place(currentRect)}`;
          }),
        });
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
}

/** How much has moved on a page since it was loaded: the sum of its shifts, less than 0.01 for pages that stand still. */
export async function layoutShift(page: Page): Promise<{ readonly sum: number; readonly moved: readonly string[] }> {
  const shifts = await page.evaluate(async () => {
    // Two frames: observers are told after the frame in which something moved.
    for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
    return Reflect.get(window, 'shifts') as readonly Shift[];
  });
  return {
    sum: shifts.reduce((sum, { value }) => sum + value, 0),
    moved: shifts.flatMap(({ value, moved }) => moved.map((each) => `${value.toFixed(4)}: ${each}`)),
  };
}
