// Phones: watching and capturing by touch. How pages fit is in windows.test.ts.
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { untilMoving } from '../support/picture-on-page.ts';
import { useSite } from '../support/site.ts';

const site = useSite();
/** What sticks out of the screen sideways, unless it scrolls by itself. */
function tooWide(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const scrolls = document.documentElement.scrollWidth > width ? ['the page itself scrolls sideways'] : [];
    const clips = (element: Element | null): boolean =>
      element !== null && (getComputedStyle(element).overflowX !== 'visible' || clips(element.parentElement));
    const sticksOut = [...document.querySelectorAll('body *')].filter((element) => {
      const { left, right, width: own } = element.getBoundingClientRect();
      // What is in a closed menu is nowhere.
      return element.checkVisibility() && own > 1 && (right > width + 1 || left < -1) && !clips(element.parentElement);
    });
    return [...scrolls, ...sticksOut.map((element) => element.outerHTML.slice(0, 160))];
  });
}

/**
 * What can be touched but is smaller than 44 px. The area that answers counts, which is larger than what is drawn where
 * a pseudo-element extends it; links within a sentence are as large as their words, as WCAG allows.
 */
function tooSmall(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const least = 44;
    const found: string[] = [];
    const selector = 'a[href], button, select, summary, input:not([type=hidden]), [role=switch]';
    for (const element of document.querySelectorAll<HTMLElement>(selector)) {
      if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
      if (element.closest('p, dd, .hint') !== null) continue;
      const target = element.matches('input[type=checkbox], input[type=radio]')
        ? (element.closest('label') ?? element)
        : element;
      target.scrollIntoView({ block: 'center', inline: 'center' });
      const box = target.getBoundingClientRect();
      if (box.width <= 1 || box.height <= 1) continue;
      const middle = { x: box.left + box.width / 2, y: box.top + box.height / 2 };
      const answers = (x: number, y: number) => {
        const hit = document.elementFromPoint(x, y);
        return hit === null ? false : target.contains(hit) || hit.contains(target);
      };
      // Half a pixel within the edges of a square of 44 px around the middle, or within the element if that is larger.
      const reach = least / 2 - 0.5;
      const wide =
        box.width >= least - 0.5 || (answers(middle.x - reach, middle.y) && answers(middle.x + reach, middle.y));
      const high =
        box.height >= least - 0.5 || (answers(middle.x, middle.y - reach) && answers(middle.x, middle.y + reach));
      if (!wide || !high)
        found.push(`${Math.round(box.width)}×${Math.round(box.height)} ${target.outerHTML.slice(0, 140)}`);
    }
    return found;
  });
}

describe.each([390, 320])('a screen %i px wide', (width) => {
  const phone = { viewport: { width, height: 700 }, hasTouch: true, isMobile: true } as const;

  it('watches and captures by touch', async () => {
    const page = await site.open('/', phone);
    await page.getByRole('button', { name: 'Start streaming' }).tap();
    await untilMoving(page);
    expect([...(await tooWide(page)), ...(await tooSmall(page))]).toEqual([]);
    const before = await page.locator('#film > li').count();
    // The first touch brings the controls back if they have left.
    await page.touchscreen.tap(width / 2, 200);
    await page.getByRole('button', { name: 'Capture' }).tap();
    await page.locator('#film > li').nth(before).waitFor({ state: 'attached' });
    await page.touchscreen.tap(width / 2, 200);
    await page.locator('form.stop button').tap();
    await page.getByRole('heading', { name: 'Stream is paused.' }).waitFor();
  });
});
