// The page with all cameras: layouts, order, starting all, and what works without scripts.
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { hideTab } from '../support/hidden-tab.ts';
import { layoutShift, recordShifts } from '../support/layout-shift.ts';
import { adminPassword } from '../support/server.ts';
import { eventually, serverAway, useSite } from '../support/site.ts';

const names = ['front', 'garden', 'hall', 'A workshop with a very long name', 'yard', 'cat'];
const site = useSite({
  args: names.flatMap((name) => ['--camera', `${name}=test:?width=320&height=240&fps=5`]),
});

const states = (page: Page) => page.locator('.cams .stage').evaluateAll((all) => all.map((one) => one.dataset.state));
const order = (page: Page) => page.locator('.cams .chip-name').allTextContents();
const all = (state: string) => names.map(() => state);

/** The user of a test of its own: their settings are theirs alone. */
async function person(name: string) {
  const client = await site.server.signIn();
  const user = { name, password: adminPassword };
  await client.send('POST', '/api/users', { username: name, password: user.password, role: 'viewer', cameras: null });
  return user;
}

/** Controls that are outside the window, or covered where they should be pressed. */
const unreachable = (page: Page, within = 'body') =>
  page.evaluate((within) => {
    const faults: string[] = [];
    const controls = `${within} :is(button, summary, .cams a, .layouts label)`;
    for (const control of document.querySelectorAll<HTMLElement>(controls)) {
      if (!control.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
      control.scrollIntoView({ block: 'center' });
      const { left, right, top, bottom } = control.getBoundingClientRect();
      const inside = left >= -1 && right <= innerWidth + 1 && top >= -1 && bottom <= innerHeight + 1;
      // A tile is a link wherever it has no other control.
      const isTile = control.classList.contains('enlarge');
      const hit = document.elementFromPoint(left + (isTile ? 8 : (right - left) / 2), top + (bottom - top) / 2);
      const reached = hit !== null && (control.contains(hit) || hit.contains(control));
      if (!inside || !reached) faults.push(`${inside ? 'covered' : 'outside'}: ${control.outerHTML.slice(0, 120)}`);
    }
    if (document.documentElement.scrollWidth > innerWidth) faults.push('scrolls sideways');
    return faults;
  }, within);

describe('the grid', () => {
  it('starts and stops all cameras; paused tiles show the last picture sharp, with its age', async () => {
    const page = await site.open('/');
    await page.getByRole('button', { name: 'Start all' }).click();
    await eventually(() => states(page)).toEqual(all('live'));
    expect(await page.getByRole('button', { name: 'Start all' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Stop all' }).click();
    await eventually(() => states(page)).toEqual(all('paused'));
    const filters = () =>
      page.locator('.picture > canvas').evaluateAll((each) => each.map((one) => getComputedStyle(one).filter));
    expect(await filters()).toEqual(all('none'));
    const ages = page.locator('.tile-age');
    await eventually(() => ages.first().textContent()).toMatch(/^\d+\u00a0s ago$/);
    // The server's HTML has the same, before any script runs.
    await page.reload({ waitUntil: 'commit' });
    await eventually(() => ages.first().textContent()).toMatch(/ago$|^just now$/);
    expect(
      await page
        .locator('.pic > .poster')
        .first()
        .evaluate((one) => getComputedStyle(one).filter),
    ).toBe('none');
  });

  it('remembers the layout and the order, which are set by pointer or keys, and nothing jumps', async () => {
    const user = await person('arranger');
    const page = await site.open('/', { user });
    await recordShifts(page);
    const view = page.locator('#view > summary');
    await view.click();
    await page.getByLabel('One large, the others small').check();
    const width = async (nth: number) => (await page.locator('.cams > li').nth(nth).boundingBox())?.width ?? 0;
    await eventually(async () => (await width(0)) > 1.5 * (await width(1))).toBe(true);
    await page.getByRole('button', { name: 'Arrange cameras' }).click();
    await eventually(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Move front');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    await eventually(() => page.locator('#announce').textContent()).toBe('front, position 3 of 6');
    expect((await order(page)).slice(0, 3)).toEqual(['garden', 'hall', 'front']);
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Move front');

    const boxOf = (name: string) => page.locator('.cams > li', { hasText: name }).boundingBox();
    const [from, to] = [await boxOf('cat'), await boxOf('garden')];
    await page.mouse.move((from?.x ?? 0) + 90, (from?.y ?? 0) + 40);
    await page.mouse.down();
    await page.mouse.move((to?.x ?? 0) + 90, (to?.y ?? 0) + 40, { steps: 4 });
    // The order after the arrow keys may still be on its way.
    const saved = page.waitForResponse(
      (response) =>
        response.url().endsWith('/api/grid') && (response.request().postData() ?? '').includes('"order":["cat'),
    );
    await page.mouse.up();
    await eventually(async () => (await order(page))[0]).toBe('cat');
    await saved;
    await page.getByRole('button', { name: 'Done' }).click();
    expect(await page.locator('.grip:visible').count()).toBe(0);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('View');

    const before = await order(page);
    const tabs = () => page.locator('.tabs [data-camera] .name').allTextContents();
    expect(await tabs()).toEqual(before);
    await page.reload();
    expect(await order(page)).toEqual(before);
    expect(await tabs()).toEqual(before);
    await page.evaluate(() => Object.assign(window, { isFirst: true }));
    expect(await page.locator('.cams').getAttribute('data-layout')).toBe('large');
    await page.getByRole('button', { name: 'Start all' }).click();
    await eventually(() => states(page)).toEqual(all('live'));
    // The socket has the same order, so the page was not loaded again.
    expect(await page.evaluate(() => 'isFirst' in window)).toBe(true);
    expect((await layoutShift(page)).sum).toBeLessThan(0.01);
    await page.getByRole('button', { name: 'Stop all' }).click();
  });

  it('starts automatically where a user wants it: not in a hidden tab, and not what they stopped', async () => {
    const user = await person('impatient');
    const first = await site.open('/', { user });
    await first.locator('#view > summary').click();
    const toggle = first.getByRole('switch', { name: 'Start automatically' });
    expect(await toggle.isChecked()).toBe(false);
    expect(await states(first)).toEqual(all('paused'));
    await toggle.check();
    // It starts the cameras of this page too.
    await eventually(() => states(first)).toEqual(all('live'));
    await first.close();

    const later = await (await site.visitor({ user })).newPage();
    await later.addInitScript(() => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
    });
    await later.goto('/');
    await later.waitForLoadState('networkidle');
    expect(await states(later)).toEqual(all('paused'));
    await hideTab(later, false);
    await eventually(() => states(later)).toEqual(all('live'));
    const stopped = later.waitForResponse((response) => response.url().endsWith('/front/watching'));
    await later.getByRole('button', { name: 'Stop front' }).click();
    await stopped;
    await eventually(async () => (await states(later))[0]).toBe('paused');
    const again = await later.context().newPage();
    await again.goto('/');
    await eventually(() => states(again)).toEqual(['paused', ...all('live').slice(1)]);
    await again.goto('/?camera=front');
    await again.getByRole('heading', { name: 'Stream is paused.' }).waitFor();
  });

  it('never shows a latency of 0, nor silence while a camera was off', async () => {
    const client = await site.server.signIn();
    const page = await site.open('/');
    await page.evaluate(() => {
      const texts = new Set<string>();
      Object.assign(window, { texts });
      const chip = document.querySelector('.stage[data-camera=front] .chip');
      new MutationObserver(() => texts.add(chip?.textContent ?? '')).observe(chip ?? document, {
        subtree: true,
        childList: true,
        characterData: true,
      });
    });
    const becomes = (state: string) => page.locator(`.stage[data-camera=front][data-state=${state}]`).waitFor();
    await page.getByRole('button', { name: 'Start front' }).click();
    await becomes('live');
    await client.send('PATCH', '/api/cameras/front', { enabled: false });
    await becomes('off');
    // A frame is missed after three seconds.
    await page.waitForTimeout(3_300);
    await client.send('PATCH', '/api/cameras/front', { enabled: true });
    await becomes('live');
    await eventually(() => page.locator('.stage[data-camera=front] .chip-figures').textContent()).toMatch(/ms$/);
    const texts = await page.evaluate(() => [...(window as unknown as { texts: Set<string> }).texts]);
    expect(texts.filter((text) => /no frames|fps\u00a0· 0\u00a0ms|Waiting/.test(text))).toEqual([]);
  });

  it('has every control in reach, and whole names, in every window and layout', async () => {
    const page = await site.open('/');
    const faults: Record<string, readonly string[]> = {};
    const sizes = [
      [320, 640],
      [390, 844],
      [844, 390],
      [768, 1024],
      [1366, 625],
      [1440, 900],
      [2560, 1300],
    ] as const;
    for (const [width, height] of sizes) {
      await page.setViewportSize({ width, height });
      for (const layout of ['auto', '4']) {
        await page.locator('.cams').evaluate((list, to) => list.setAttribute('data-layout', to), layout);
        const found = [...(await unreachable(page))];
        const short = page.locator('.cams .chip-name').filter({ hasNotText: 'very long' });
        const cut = await short.evaluateAll(
          (each) => each.filter((one) => one.scrollWidth > one.clientWidth + 1).length,
        );
        if (cut > 0) found.push(`${cut} names cut`);
        if (found.length > 0) faults[`${width} ${layout}`] = found;
      }
      await page.evaluate(() => scrollTo(0, 0));
      await page.locator('#view > summary').click();
      const found = await unreachable(page, '.grid-head .sheet');
      if (found.length > 0) faults[`${width}, menu`] = found;
      await page.keyboard.press('Escape');
    }
    expect(faults).toEqual({});
  });

  it('has one row of buttons on a phone, in German too, and a tile says its state next to a long name', async () => {
    const page = await (await site.visitor({ locale: 'de-DE' })).newPage();
    await page.setViewportSize({ width: 320, height: 640 });
    await page.goto('/');
    const tops = await page
      .locator('.grid-head :is(button:not([hidden], .sheet *), summary)')
      .evaluateAll((each) => each.map((one) => one.getBoundingClientRect().top));
    expect(new Set(tops).size).toBe(1);
    const bottoms = (selector: string) =>
      page.locator(selector).evaluateAll((each) => each.map((one) => one.getBoundingClientRect().bottom));
    for (const [width, layout] of [
      [320, 'auto'],
      [1366, '4'],
    ] as const) {
      await page.setViewportSize({ width, height: 640 });
      await page.locator('.cams').evaluate((list, to) => list.setAttribute('data-layout', to), layout);
      const [words, captions] = [await bottoms('.tile .chip-word'), await bottoms('.tile .chip')];
      expect(words.filter((bottom, tile) => bottom > (captions[tile] ?? 0))).toEqual([]);
    }
  });

  it('fits a wall screen, and is black in both themes', async () => {
    const page = await site.open('/?view=grid&kiosk');
    await page.emulateMedia({ colorScheme: 'light' });
    for (const [width, height] of [
      [390, 844],
      [844, 390],
      [1366, 625],
    ] as const) {
      await page.setViewportSize({ width, height });
      const tall = await page.evaluate(() => document.documentElement.scrollHeight);
      expect(tall, `${width} × ${height}`).toBeLessThanOrEqual(height);
    }
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(0, 0, 0)');
  });
});

describe('the grid while cameras change', () => {
  it('shows a new name in its tile, and a new camera in a kiosk as well', async () => {
    const client = await site.server.signIn();
    const [page, kiosk] = [await site.open('/'), await site.open('/?view=grid&kiosk')];
    await page.evaluate(() => Object.assign(window, { isFirst: true }));
    await client.send('PATCH', '/api/cameras/cat', { name: 'tom & $&' });
    await eventually(() => order(page)).toContain('tom & $&');
    expect(await page.evaluate(() => 'isFirst' in window)).toBe(true);
    await client.send('POST', '/api/cameras', { name: 'late', source: 'test:?width=320&height=240&fps=5' });
    await eventually(() => order(kiosk)).toContain('late');
    await client.send('DELETE', '/api/cameras/late');
    await eventually(() => order(kiosk)).not.toContain('late');
    await client.send('PATCH', '/api/cameras/cat', { name: 'cat' });
  });

  it('shows the cameras that its user may see from now on', async () => {
    const client = await site.server.signIn();
    const user = await person('promoted');
    const { id = '' } =
      (await client.json<{ id: string; username: string }[]>('/api/users')).find((one) => one.username === user.name) ??
      {};
    await client.send('PATCH', `/api/users/${id}`, { cameras: ['front', 'cat'] });
    const page = await site.open('/', { user, complaints: /status of 40\d/ });
    expect(await order(page)).toEqual(['front', 'cat']);
    await client.send('PATCH', `/api/users/${id}`, { cameras: ['front', 'cat', 'hall'] });
    await page.getByText('You can now watch hall.').waitFor();
    await eventually(() => order(page)).toEqual(['front', 'hall', 'cat']);
  });
});

/** A page behind a proxy that does not let WebSockets pass. */
async function withoutSockets(complaints: RegExp): Promise<Page> {
  const page = await (await site.visitor({ complaints })).newPage();
  await page.addInitScript(() => {
    globalThis.WebSocket = class extends WebSocket {
      constructor(url: string | URL) {
        super(String(url).replace('/live', '/no-socket-here'));
      }
    };
  });
  return page;
}

describe('the grid without WebSockets', () => {
  it('plays a stream again that ended with the server', async () => {
    const page = await withoutSockets(serverAway);
    await page.goto('/?camera=front');
    await page.getByRole('button', { name: 'Start streaming' }).click();
    const source = () => page.locator('.picture > img.feed').getAttribute('src');
    const before = await source();
    await site.restart(() => page.getByRole('heading', { name: 'No connection to Porthole' }).waitFor());
    await page.locator('.stage[data-state=live]').waitFor();
    expect(await source()).not.toBe(before);
    await page.getByText('Stop', { exact: true }).click();
  });

  it('plays four cameras, refreshes pictures of the others, which take the place of one that stops', async () => {
    const page = await withoutSockets(/WebSocket/);
    await page.goto('/');
    await page.getByRole('button', { name: 'Start all' }).click();
    const images = page.locator('.picture > img.feed');
    const kinds = async () => {
      const shown = await images.evaluateAll((all) =>
        (all as HTMLImageElement[])
          .filter(({ naturalWidth }) => naturalWidth > 0)
          .map(({ src }) => new URL(src).pathname),
      );
      return ['/video_feed', '.jpg'].map((path) => shown.filter((each) => each.endsWith(path)).length);
    };
    await eventually(kinds).toEqual([4, 2]);
    const still = images.and(page.locator('[src*=".jpg"]')).first();
    const first = await still.getAttribute('src');
    await eventually(() => still.getAttribute('src')).not.toBe(first);
    // With six streams, this would wait for one of them to end.
    expect(await page.evaluate(async () => (await fetch('/api/me')).status)).toBe(200);
    await page.getByRole('button', { name: 'Stop front' }).click();
    await eventually(kinds).toEqual([4, 1]);
  });
});

describe('the grid without JavaScript', () => {
  it('plays four cameras, refreshes pictures of the others, and links work', async () => {
    const page = await site.open('/', { javaScriptEnabled: false });
    await page.getByRole('button', { name: 'Start all' }).click();
    await eventually(() => page.locator('img.feed').count()).toBe(4);
    expect(await page.locator('iframe.feed').count()).toBe(2);
    const still = page.frameLocator('iframe.feed').first().locator('img');
    await eventually(() => still.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(320);
    const first = await still.getAttribute('src');
    expect(first).toMatch(/snapshot\.jpg|poster\.jpg/);
    await page.waitForResponse((response) => response.url().endsWith('/still'));
    const before = performance.now();
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.waitForURL('**/settings');
    // With six streams, this took as long as one of them lasted.
    expect(performance.now() - before).toBeLessThan(15_000);
  });

  it('is laid out and ordered by a form', async () => {
    const page = await site.open('/', { user: await person('scriptless'), javaScriptEnabled: false });
    await page.locator('#view > summary').click();
    await page.getByLabel('3 columns').check();
    await page.getByRole('button', { name: 'Apply' }).click();
    await eventually(() => page.locator('.cams').getAttribute('data-layout')).toBe('3');
    await page.locator('#view > summary').click();
    await page.getByRole('button', { name: 'Move garden up' }).click();
    await eventually(async () => (await order(page)).slice(0, 2)).toEqual(['garden', 'front']);
  });
});
