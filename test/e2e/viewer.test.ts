// The viewer's own time and taste: the browser's zone, themes, contrast themes, large text, and little data.
import sharp from 'sharp';
import type { Locator, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually, frontCamera, useSite } from '../support/site.ts';

const wide = 'Wide=test:?width=1280&height=720&fps=30';
const site = useSite({ args: [...frontCamera, '--camera', wide, '--camera', 'Gone=file:/nowhere/at/all.mp4'] });

beforeAll(async () => {
  const client = await site.server.signIn();
  await client.send('POST', '/api/cameras/front/photos');
});

const background = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const colours = { dark: 'rgb(10, 14, 17)', light: 'rgb(243, 246, 247)' } as const;
const openMenu = (page: Page) => page.locator('.places .menu > summary, .corner > summary').last().click();
const choose = (page: Page, name: string) => page.locator('.preferences').getByRole('button', { name }).click();

describe('times', () => {
  it("are in the browser's zone: at once, from the second page on by the server, with the server's time on hover", async () => {
    const visitor = await site.visitor({ timezoneId: 'Pacific/Chatham', locale: 'en-US' });
    const page = await visitor.newPage();
    const first = await (await page.goto('/account'))?.text();
    expect(first).not.toContain('data-zone=');
    const time = page.locator('.rows time').first();
    const at = Date.parse((await time.getAttribute('datetime')) ?? '');
    const here = new Intl.DateTimeFormat('en-US', { timeZone: 'Pacific/Chatham', hour: '2-digit', minute: '2-digit' });
    await eventually(() => time.textContent()).toMatch(new RegExp(`, ${here.format(at).replace(' ', '\\s')}$`));
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const server = new Intl.DateTimeFormat('en-US', { timeZone: zone, hour: '2-digit', timeZoneName: 'short' });
    const name = server.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '?';
    expect(await time.getAttribute('title')).toContain(name);
    const text = await time.textContent();
    const second = await (await page.reload())?.text();
    expect(second).toContain('data-zone="Pacific/Chatham"');
    expect(second).toContain(`>${text ?? '?'}</time>`);
  });

  it('put photos under the days of the zone, also on the first page', async () => {
    const page = await site.open('/photos', { timezoneId: 'Pacific/Kiritimati', complaints: /./ });
    await eventually(() => page.locator('html').getAttribute('data-zone')).toBe('Pacific/Kiritimati');
    const at = Date.parse((await page.locator('.tiles time').first().getAttribute('datetime')) ?? '');
    const day = new Intl.DateTimeFormat('en-CA', { dateStyle: 'short', timeZone: 'Pacific/Kiritimati' }).format(at);
    await eventually(() => page.locator('.day').first().getAttribute('data-day')).toBe(day);
  });

  it('tell the zone where no script can tell the browser’s', async () => {
    const page = await site.open('/account', { javaScriptEnabled: false });
    expect(await page.locator('.rows time').first().textContent()).toMatch(
      /\d\d:\d\d (UTC|GMT|[A-Z]{3,4}|GMT[+-]\d+)$/,
    );
  });
});

describe('the theme', () => {
  it('changes at once, and is that of every later page from its first byte', async () => {
    const visitor = await site.visitor({ colorScheme: 'light', complaints: /status of 404/ });
    const page = await visitor.newPage();
    await page.goto('/?camera=front');
    expect(await background(page)).toBe(colours.light);
    await openMenu(page);
    await choose(page, 'Dark');
    await eventually(() => background(page)).toBe(colours.dark);
    expect(await page.locator('meta[name=color-scheme]').getAttribute('content')).toBe('dark');
    const toolbar = page.locator('meta[name=theme-color][media=all]');
    expect(await toolbar.getAttribute('content')).toBe('#0a0e11');
    for (const path of ['/?camera=front&kiosk', '/nothing/here', '/?view=grid']) {
      expect(await (await page.goto(path))?.text()).toMatch(/<html[^>]* data-theme="dark"/);
      expect(await background(page), path).toBe(colours.dark);
    }
    await openMenu(page);
    await choose(page, 'System');
    await eventually(() => background(page)).toBe(colours.light);
  });

  it('works before sign-in and without scripts', async () => {
    const page = await site.open('/login', { user: null, javaScriptEnabled: false, colorScheme: 'dark' });
    expect(await background(page)).toBe(colours.dark);
    await openMenu(page);
    await choose(page, 'Light');
    expect(new URL(page.url()).pathname).toBe('/login');
    expect(await background(page)).toBe(colours.light);
    await openMenu(page);
    expect(await page.getByRole('button', { name: 'Light' }).getAttribute('aria-pressed')).toBe('true');
  });
});

describe('little data', () => {
  it('makes streams small and slow at once, and says so', async () => {
    const page = await site.open('/?camera=wide', { webRtc: false });
    const asked: Record<string, unknown>[] = [];
    page.on('websocket', (socket) =>
      socket.on('framesent', ({ payload }) => {
        if (typeof payload === 'string') asked.push(JSON.parse(payload) as Record<string, unknown>);
      }),
    );
    await page.reload();
    await page.locator('#transports [data-transport=jpeg]').evaluate((button) => (button as HTMLElement).click());
    await page.getByRole('button', { name: 'Start streaming' }).click();
    const canvas = page.locator('.stage canvas');
    await eventually(() => canvas.evaluate((each) => (each as HTMLCanvasElement).width)).toBe(1280);
    await openMenu(page);
    await choose(page, 'Reduced');
    await eventually(() => canvas.evaluate((each) => (each as HTMLCanvasElement).width)).toBe(640);
    await eventually(() => page.locator('.chip-figures').textContent()).toContain('reduced data');
    expect(asked.filter(({ type }) => type === 'watch').at(-1)).toMatchObject({ width: 640, fps: 10 });
    const fps = async () =>
      Number(/(\d+)\u00a0fps/.exec((await page.locator('.chip-figures').textContent()) ?? '')?.[1]);
    await eventually(fps).toBeLessThan(15);
  });
});

it('of a browser that saves data, pictures are small: in the gallery, the filmstrip, the grid and Settings', async () => {
  const client = await site.server.signIn();
  await client.send('GET', '/cameras/wide/snapshot.jpg');
  const page = await site.open('/photos', { extraHTTPHeaders: { 'save-data': 'on' } });
  const widths = (images: string) => () =>
    page.locator(images).evaluateAll((all) => all.map((each) => (each as HTMLImageElement).naturalWidth));
  await eventually(widths('.tiles img')).toEqual([240]);
  await page.goto('/?camera=front');
  await eventually(widths('#film img')).toEqual([240]);
  await client.send('POST', '/api/cameras/front/photos');
  await eventually(widths('#film img')).toEqual([240, 240]);
  await page.goto('/?view=grid');
  await eventually(widths('.stage[data-camera=wide] .poster')).toEqual([320]);
  await page.goto('/settings');
  await eventually(widths('[data-camera=wide] [data-poster]')).toEqual([320]);
});

it('of a browser that saves data, no camera starts automatically', async () => {
  const client = await site.server.signIn();
  await client.send('PATCH', '/api/grid', { autoStart: true });
  try {
    const saving = await site.open('/?view=grid', { extraHTTPHeaders: { 'save-data': 'on' } });
    await saving.locator('body[data-connection=open]').waitFor();
    const other = await site.open('/?view=grid');
    await other.locator('.stage[data-streaming=true]').first().waitFor();
    expect(await saving.locator('.stage[data-streaming=true]').count()).toBe(0);
  } finally {
    await client.send('PATCH', '/api/grid', { autoStart: false });
  }
});

/** The colours of an element's picture, as numbers. */
async function pixels(locator: Locator): Promise<Set<number>> {
  const { data, info } = await sharp(await locator.screenshot())
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const found = new Set<number>();
  for (let at = 0; at < data.length; at += info.channels) found.add(data.readUIntBE(at, 3));
  return found;
}

describe('forced colours', () => {
  it.each(['dark', 'light'] as const)('leave dots, switches and chosen things visible (%s)', async (colorScheme) => {
    const visitor = await site.visitor({ forcedColors: 'active', colorScheme, reducedMotion: 'reduce' });
    const page = await visitor.newPage();
    await page.goto('/settings');
    const dot = page.locator('.tabs a:not([aria-current]) .dot').first();
    const tones: string[] = [];
    for (const tone of ['live', 'warn', 'bad', 'off']) {
      await dot.evaluate((each, to) => ((each as HTMLElement).dataset.tone = to), tone);
      expect((await pixels(dot)).size, `of a dot (${tone})`).toBeGreaterThan(1);
      tones.push((await dot.screenshot()).toString('base64'));
    }
    expect(new Set(tones).size, 'each tone has a shape').toBe(4);
    const toggle = page.locator('.switch i').first();
    const on = await pixels(toggle);
    expect(on.size, 'of a switch').toBeGreaterThan(1);
    await page
      .locator('.switch')
      .first()
      .evaluate((each) => each.setAttribute('aria-checked', 'false'));
    expect([...(await pixels(toggle))].sort()).not.toEqual([...on].sort());
    const colour = (selector: string) =>
      page
        .locator(selector)
        .first()
        .evaluate((each) => getComputedStyle(each).backgroundColor);
    expect(await colour('.filter a[aria-current]')).not.toBe(await colour('.filter a:not([aria-current])'));
    await openMenu(page);
    expect(await colour('.sheet-choice [aria-pressed=true]')).not.toBe(
      await colour('.sheet-choice [aria-pressed=false]'),
    );
    await page.goto('/photos');
    const tick = page.locator('.tick span').first();
    const before = await pixels(tick);
    await page.locator('.tick').first().click();
    await eventually(async () => [...(await pixels(tick))].sort()).not.toEqual([...before].sort());
  });
});

describe('text of 200 %', () => {
  it.each([
    [390, 844],
    [320, 640],
    [844, 390],
  ])('leaves all of the top bar and the account menu reachable, with whole words (%i × %i)', async (width, height) => {
    const visitor = await site.visitor({ viewport: { width, height } });
    const page = await visitor.newPage();
    await page.goto('/account');
    await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));
    await openMenu(page);
    const faults = await page.evaluate(async () => {
      const found: string[] = [];
      for (const each of document.querySelectorAll<HTMLElement>(
        '.places a, .places summary, .places .sheet :is(a, button, p)',
      )) {
        if (!each.checkVisibility()) continue;
        each.scrollIntoView({ block: 'nearest' });
        const { left, right, top, bottom } = each.getBoundingClientRect();
        const inside = left >= 0 && right <= innerWidth + 0.5 && top >= -0.5 && bottom <= innerHeight + 0.5;
        if (!inside) found.push(`outside: ${each.textContent.trim()} ${left} ${top} ${right} ${bottom}`);
      }
      const walker = document.createTreeWalker(document.querySelector('.top') as Node, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const text = walker.currentNode as Text;
        if (text.parentElement?.closest('.vh, .mark b') != null) continue;
        for (const { index, 0: word } of text.data.matchAll(/\S+/g)) {
          const range = document.createRange();
          range.setStart(text, index);
          range.setEnd(text, index + word.length);
          if (range.getClientRects().length > 1) found.push(`broken: ${word}`);
        }
      }
      return found;
    });
    expect(faults).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });
});
