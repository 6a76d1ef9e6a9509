// Keyboard only: everything is reachable, and the focus is always visible.
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { comparePictures } from '../support/pictures.ts';
import { untilMoving } from '../support/picture-on-page.ts';
import { adminPassword } from '../support/server.ts';
import { eventually, frontCamera, useSite } from '../support/site.ts';

const site = useSite({ args: [...frontCamera, '--camera', 'garden=test:?width=320&height=240&fps=5'] });

/** What has the focus, as people would call it. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLElement | null;
    const named = element?.getAttribute('aria-label') ?? element?.innerText ?? '';
    return named.trim() === '' ? `${element?.tagName ?? ''}#${element?.id ?? ''}` : named.trim();
  });
}

/** Presses Tab until something has the focus; fails after a whole round. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  const seen: string[] = [];
  for (let press = 0; press < 80; press += 1) {
    await page.keyboard.press('Tab');
    const now = await focused(page);
    if (name.test(now)) return;
    seen.push(now);
  }
  throw new Error(`Tab never came to ${String(name)}, only to ${seen.join(', ')}`);
}

/** How many pixels around the focus are compared. A frame of two pixels around the smallest button has more. */
const around = 60;
const leastSign = 31;

/** What is around the focus, as far as it is in the window. */
function aroundFocus(page: Page): Promise<{ x: number; y: number; width: number; height: number }> {
  return page.evaluate((around) => {
    const { left, top, right, bottom } = (document.activeElement as Element).getBoundingClientRect();
    const [x, y] = [Math.max(0, left - around), Math.max(0, top - around)];
    return {
      x,
      y,
      width: Math.max(1, Math.min(innerWidth, right + around) - x),
      height: Math.max(1, Math.min(innerHeight, bottom + around) - y),
    };
  }, around);
}

/** Goes through a page by Tab; the names of what shows no sign of its focus. */
async function withoutVisibleFocus(page: Page): Promise<readonly string[]> {
  const faults: string[] = [];
  const seen = new Set<string>();
  for (let press = 0; press < 60; press += 1) {
    await page.keyboard.press('Tab');
    const key = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === null || element === document.body) return null;
      const all = [...document.querySelectorAll('*')];
      return `${all.indexOf(element)}`;
    });
    if (key === null || seen.has(key)) break;
    seen.add(key);
    const clip = await aroundFocus(page);
    const focusedPicture = await page.screenshot({ clip, animations: 'disabled', caret: 'hide' });
    const name = await focused(page);
    const handle = await page.evaluateHandle(() => document.activeElement as HTMLElement);
    await handle.evaluate((element) => element.blur());
    const without = await page.screenshot({ clip, animations: 'disabled', caret: 'hide' });
    await handle.evaluate((element) => element.focus({ preventScroll: true }));
    const { changed } = await comparePictures(focusedPicture, without);
    if (changed * clip.width * clip.height < leastSign) faults.push(name);
  }
  expect(seen.size).toBeGreaterThan(3);
  return faults;
}

describe('with keys alone', () => {
  it('a user signs in, starts, captures, stops and signs out', async () => {
    const page = await site.open('/?camera=front', { user: null });
    await page.keyboard.type('admin');
    await page.keyboard.press('Tab');
    await page.keyboard.type(adminPassword);
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.pathname === '/');

    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Skip to content');
    await page.keyboard.press('Enter');
    await tabTo(page, /^Start/);
    await page.keyboard.press('Enter');
    await untilMoving(page);
    // The button that was pressed is gone; the focus stands on what takes its place.
    expect(await focused(page)).toMatch(/^Stop/);
    await tabTo(page, /^Capture$/);
    await page.keyboard.press('Enter');
    await eventually(() => page.locator('#film > li').count()).toBe(1);
    await tabTo(page, /^Stop/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Stream is paused.' }).waitFor();
    expect(await focused(page)).toMatch(/^Start/);

    await tabTo(page, /^Your account/);
    await page.keyboard.press('Enter');
    await tabTo(page, /^Sign out$/);
    await page.keyboard.press('Enter');
    await page.waitForURL('/login');
  });

  it('Space starts and stops, and I shows the stats', async () => {
    const page = await site.open('/?camera=front');
    await page.keyboard.press(' ');
    await untilMoving(page);
    await page.keyboard.press('i');
    await page.locator('#figures[open]').waitFor();
    await page.keyboard.press('Escape');
    await eventually(() => page.locator('#figures[open]').count()).toBe(0);
    await page.keyboard.press(' ');
    await page.getByRole('heading', { name: 'Stream is paused.' }).waitFor();
  });

  it('F toggles full screen and ? lists the shortcuts', async () => {
    const page = await site.open('/?camera=front');
    await page.keyboard.press('f');
    await eventually(() => page.evaluate(() => document.fullscreenElement !== null)).toBe(true);
    await page.keyboard.press('f');
    await eventually(() => page.evaluate(() => document.fullscreenElement === null)).toBe(true);
    await page.keyboard.press('?');
    await page.getByRole('heading', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('Escape');
    await eventually(() => page.locator('#help[open]').count()).toBe(0);
  });

  it('Space presses the button that resets the zoom', async () => {
    const page = await site.open('/?camera=front');
    await page.keyboard.press(' ');
    await untilMoving(page);
    await page.keyboard.press('+');
    const reset = page.getByRole('button', { name: '1.5×, Reset zoom (0)' });
    await reset.focus();
    await page.keyboard.press(' ');
    await reset.waitFor({ state: 'hidden' });
    await untilMoving(page);
  });

  it('letters typed in a field are no shortcuts', async () => {
    const page = await site.open('/settings/cameras/new');
    await page.getByLabel('Name').focus();
    await page.keyboard.type('cf g?');
    expect(await page.getByLabel('Name').inputValue()).toBe('cf g?');
  });

  it.each([
    '/?camera=front',
    '/?view=grid',
    '/settings',
    '/settings/cameras/new',
    '/settings/users',
    '/account',
    '/cameras/front/connect',
  ])('one sees where the focus is: %s', async (path) => {
    const page = await site.open(path, { reducedMotion: 'reduce', viewport: { width: 900, height: 700 } });
    expect(await withoutVisibleFocus(page)).toEqual([]);
  });
});

describe('with reduced motion', () => {
  it('only the video moves', async () => {
    const page = await site.open('/?camera=front', { reducedMotion: 'reduce' });
    await page.keyboard.press(' ');
    await untilMoving(page);
    const moved = page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          let most = 0;
          const look = () => {
            most = Math.max(
              most,
              document.getAnimations().filter((each) => Number(each.effect?.getComputedTiming().duration ?? 0) > 1)
                .length,
            );
            if (document.querySelector('#film > li') !== null && performance.now() > until) resolve(most);
            else requestAnimationFrame(look);
          };
          const until = performance.now() + 1000;
          look();
        }),
    );
    await page.keyboard.press('c');
    expect(await moved).toBe(0);
    expect(await page.locator('.flying, .flash').count()).toBe(0);
  });
});
