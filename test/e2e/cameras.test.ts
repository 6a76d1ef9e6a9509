// The settings of cameras, and the pages that show several of them.
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { untilMoving } from '../support/picture-on-page.ts';
import { eventually, frontCamera, useSite } from '../support/site.ts';

const site = useSite({ args: [...frontCamera, '--camera', 'Garden=test:?width=640&height=480&fps=10'] });

const cards = (page: Page) => page.locator('.camera-card h2').allTextContents();

describe('a camera by its address', () => {
  it('can be tested before it is added, with an error message', async () => {
    const page = await site.open('/settings', { complaints: /status of 400/ });
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'POST') asked.push(new URL(request.url()).pathname);
    });
    await page.getByRole('link', { name: 'Add a camera' }).click();
    await page.getByLabel('Name').fill('Workshop');
    const source = page.getByLabel('Host or address');
    const test = page.getByRole('button', { name: 'Test' });

    for (const [bad, words] of [
      ['nonsense', '"nonsense" is not a source. A source is '],
      ['file:/nowhere/at/all.mp4', /file/i],
    ] as const) {
      await source.fill(bad);
      await test.click();
      await page.locator('#test-result [role=alert]', { hasText: words }).waitFor();
      await eventually(() => test.textContent()).toBe('Test');
    }

    await source.fill('test:?width=320&height=240&fps=5');
    await test.click();
    const good = page.locator('#test-result [role=status]');
    await good.getByText('It works: 320 × 240').waitFor();
    await eventually(() => good.locator('img').evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(320);
    expect(await page.locator('#test-result [role=alert]').count()).toBe(0);
    expect(asked).toEqual(Array.from({ length: 3 }, () => '/settings/cameras/test'));

    await page.getByRole('button', { name: 'Add this camera' }).click();
    await page.getByText('Camera “Workshop” added.').waitFor();
    expect(new URL(page.url()).search).toBe('?camera=workshop');
    await page.locator('.stage[data-state=live]').waitFor();
    await page.goto('/settings');
    expect(await cards(page)).toEqual(['front', 'Garden', 'Workshop']);
  });

  it('that is entered during a test of another one stays as it was entered', async () => {
    const page = await site.open('/settings/cameras/new');
    const field = page.getByLabel('Host or address');
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => (answer = resolve));
    await page.route('/settings/cameras/test', async (route) => {
      await held;
      const result = { ok: true, source: 'test:?found', picture: '', width: 8, height: 8, fps: null, format: 'mjpeg' };
      await route.fulfill({ contentType: 'application/x-ndjson', body: `${JSON.stringify(result)}\n` }).catch(() => {});
    });
    await field.fill('test:');
    await page.getByRole('button', { name: 'Test' }).click();
    await field.fill('192.168.1.20');
    answer();
    await eventually(() => page.locator('#test').textContent()).toBe('Test');
    expect(await field.inputValue()).toBe('192.168.1.20');
    expect(await page.locator('#test-result').innerHTML()).toBe('');
  });

  it('is refused with an error at its field when invalid', async () => {
    const page = await site.open('/settings/cameras/new', { complaints: /status of 4\d\d/ });
    await page.getByLabel('Name').fill('Nonsense');
    await page.getByLabel('Host or address').fill('gopher://camera');
    await page.getByRole('button', { name: 'Add this camera' }).click();
    await page.locator('#source-error').waitFor();
    expect(await page.getByLabel('Host or address').inputValue()).toBe('gopher://camera');
    expect(await page.getByLabel('Name').inputValue()).toBe('Nonsense');
  });
});

describe('the list of cameras', () => {
  it('is put into another order, for everybody', async () => {
    const [page, live] = [await site.open('/settings'), await site.open('/')];
    const before = await cards(page);
    await page.getByLabel('Move Garden up').click();
    const after = ['Garden', ...before.filter((name) => name !== 'Garden')];
    expect(await cards(page)).toEqual(after);
    const tabs = () => live.locator('.tabs [data-camera] .name').allTextContents();
    await eventually(tabs).toEqual(after);
    await page.reload();
    expect(await cards(page)).toEqual(after);
    expect(await page.getByLabel('Move Garden up').isDisabled()).toBe(true);
  });

  it('keeps the focus, says the place, and shows the order that the server has', async () => {
    const page = await site.open('/settings', { complaints: /status of 500/ });
    const [first, second, ...others] = await cards(page);
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    await page.getByLabel(`Move ${second ?? ''} up`).focus();
    await page.keyboard.press('Enter');
    await eventually(focused).toBe(`Move ${second ?? ''} down`);
    expect(await page.locator('#announce').textContent()).toBe(`${second ?? ''}, position 1 of ${others.length + 2}`);
    await eventually(() => page.locator('#camera-cards').getAttribute('aria-busy')).toBe('false');
    await page.route('/api/cameras/order', (route) => route.fulfill({ status: 500, json: {} }), { times: 1 });
    await page.keyboard.press('Enter');
    await page.locator('.toast[role=alert]').waitFor();
    expect(await cards(page)).toEqual([second, first, ...others]);
    expect(await page.getByLabel(`Move ${second ?? ''} up`).isDisabled()).toBe(true);
    expect(await focused()).toBe(`Move ${second ?? ''} down`);
    await page.keyboard.press('Enter');
    await eventually(() => cards(page)).toEqual([first, second, ...others]);
  });

  it('follows what other pages do, and leaves the focus alone', async () => {
    const client = await site.server.signIn();
    const page = await site.open('/settings', { complaints: /status of 404.*poster/ });
    const before = await cards(page);
    const onOff = () => page.getByRole('switch').evaluateAll((all) => all.map((each) => each.ariaChecked));
    await page.getByRole('link', { name: 'Edit front' }).focus();
    await client.send('POST', '/api/cameras', { name: 'Fleeting', source: 'test:?width=320&height=240&fps=5' });
    await eventually(() => cards(page)).toEqual([...before, 'Fleeting']);
    await client.send('PATCH', '/api/cameras/fleeting', { name: 'Brief', enabled: false });
    await eventually(() => cards(page)).toEqual([...before, 'Brief']);
    await eventually(onOff).toEqual([...before.map(() => 'true'), 'false']);
    await client.send('DELETE', '/api/cameras/fleeting');
    await eventually(() => cards(page)).toEqual(before);
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Edit front');
  });

  it('renames a camera; its address stays', async () => {
    const [page, live] = [await site.open('/settings'), await site.open('/?camera=garden')];
    await page.getByRole('link', { name: 'Edit Garden' }).click();
    await page.getByLabel('Name').fill('Back yard');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Camera “Back yard” saved.').waitFor();
    await live.locator('.tabs [data-camera=garden] .name', { hasText: 'Back yard' }).waitFor();
    await eventually(() => live.title()).toBe('Back yard · Porthole');
  });

  it('tells the state of each in words, and shows its picture', async () => {
    const [page, live] = [await site.open('/settings'), await site.open('/?camera=front')];
    const state = page.locator('.camera-card[data-camera=front] .camera-state');
    await live.getByRole('button', { name: 'Start streaming' }).click();
    await untilMoving(live);
    await eventually(() => state.textContent()).toMatch(/^Live640\u{a0}×\u{a0}480/u);
    const thumb = page.locator('.camera-card[data-camera=front] .thumb img');
    await eventually(() => thumb.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBeGreaterThan(0);
  });

  it('removes a camera after asking, and pages that show it say so', async () => {
    const client = await site.server.signIn();
    await client.send('POST', '/api/cameras', { name: 'Short-lived', source: 'test:?width=320&height=240&fps=5' });
    const live = await site.open('/?camera=short-lived');
    const page = await site.open('/settings/cameras/short-lived');
    expect(await page.getByRole('button', { name: 'Yes, remove Short-lived' }).isVisible()).toBe(false);
    await page.locator('summary', { hasText: 'Remove Short-lived' }).click();
    await page.getByRole('button', { name: 'Yes, remove Short-lived' }).click();
    await page.getByText('Camera “Short-lived” removed.').waitFor();
    expect(await cards(page)).not.toContain('Short-lived');
    await live.getByRole('heading', { name: 'Camera removed' }).waitFor();
    await eventually(() => live.locator('.tabs [data-camera]').count()).toBe((await cards(page)).length);
  });
});

describe('the grid', () => {
  it('is the home page and the first tab where there are several cameras, and a kiosk shows one', async () => {
    const page = await site.open('/');
    expect(await page.locator('.cams > li').count()).toBeGreaterThan(1);
    expect(await page.locator('.tabs a').first().textContent()).toBe('All');
    expect(await page.locator('.tabs a').first().getAttribute('aria-current')).toBe('page');
    await page.goto('/?kiosk');
    expect(await page.locator('.stage').count()).toBe(1);
  });

  it('shows several cameras at once, each with its own Start and Stop', async () => {
    const page = await site.open('/?view=grid');
    const tile = (id: string) => `.stage[data-camera=${id}]`;
    for (const name of ['front', 'Back yard']) await page.getByRole('button', { name: `Start ${name}` }).click();
    await Promise.all(['front', 'garden'].map((id) => untilMoving(page, tile(id))));
    await page.getByRole('button', { name: 'Stop front' }).click();
    await page.locator(`${tile('front')}[data-state=paused]`).waitFor();
    await untilMoving(page, tile('garden'));
  });

  it('enlarges a camera by a click, and arrows go from one camera to the next', async () => {
    const page = await site.open('/?view=grid');
    await page.getByRole('link', { name: 'Enlarge front' }).click({ position: { x: 40, y: 160 } });
    await page.waitForURL('/?camera=front');
    const ids = await page
      .locator('.tabs [data-camera]')
      .evaluateAll((tabs) => tabs.map((tab) => (tab as HTMLElement).dataset.camera ?? ''));
    const next = ids[(ids.indexOf('front') + 1) % ids.length] ?? '';
    await page.keyboard.press('ArrowRight');
    await page.waitForURL(`/?camera=${next}`);
    await page.keyboard.press('ArrowLeft');
    await page.waitForURL('/?camera=front');
    await page.keyboard.press('g');
    await page.waitForURL('/?view=grid');
  });
});

describe('the latest photos below a camera', () => {
  it('are those of this camera, also the ones that are taken while the page is open', async () => {
    const client = await site.server.signIn();
    const take = async (camera: string) =>
      (await client.json<{ id: string }>(`/api/cameras/${camera}/photos`, { method: 'POST' })).id;
    const [other, own] = [await take('garden'), await take('front')];
    const page = await site.open('/?camera=front');
    const shown = () => page.locator('#film a').evaluateAll((links) => links.map(({ dataset }) => dataset.id));
    expect(await shown()).toEqual([own]);
    const [, later] = [await take('garden'), await take('front')];
    await eventually(shown).toEqual([later, own]);
    expect(other).not.toBe(own);
    await page.getByRole('link', { name: 'All photos' }).click();
    await eventually(() => page.locator('.tiles > li').count()).toBe(4);
  });
});

describe('the kiosk', () => {
  it('is only the video, and resumes automatically after a reload', async () => {
    const page = await site.open('/?camera=front&kiosk');
    expect(await page.locator('header.top').count()).toBe(0);
    expect(await page.locator('.strip').count()).toBe(0);
    const start = page.getByRole('button', { name: 'Start streaming' });
    await start.click();
    await untilMoving(page);
    const stage = await page.locator('.stage').boundingBox();
    expect([stage?.width, stage?.height]).toEqual([1280, 800]);
    await page.reload();
    await untilMoving(page);
    await eventually(() => page.locator('.bar').evaluate((bar) => getComputedStyle(bar).opacity)).toBe('0');
    await eventually(() => page.locator('.figs').evaluate((chip) => getComputedStyle(chip).opacity)).toBe('0');
  });
});
