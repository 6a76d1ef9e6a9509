// Malicious and unusual camera names.
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useSite } from '../support/site.ts';

const site = useSite({ args: ['--camera', 'front=test:?width=320&height=240&fps=5'] });

const names = [
  '<img src=x onerror=alert(1)>',
  `"'><script>alert(1)</script>`,
  '</script><svg onload=alert(1)>&amp;{{7*7}}',
  '🎥 Küche 👩‍👩‍👧',
  'مدخل البيت',
  '広'.repeat(60),
];

const cameras = new Map<string, string>();
const photos = new Map<string, string>();

beforeAll(async () => {
  const client = await site.server.signIn();
  for (const name of names) {
    const made = await client.send('POST', '/api/cameras', { name, source: 'test:?width=320&height=240&fps=5' });
    expect(made.status).toBe(201);
    cameras.set(name, ((await made.json()) as { id: string }).id);
  }
  for (const [name, id] of cameras) {
    photos.set(name, (await client.json<{ id: string }>(`/api/cameras/${id}/photos`, { method: 'POST' })).id);
  }
});

/** Nothing that stands in a name has become part of the page, and nothing sticks out. */
async function expectTame(page: Page): Promise<void> {
  expect(await page.locator('img[src=x], img[onerror], svg[onload]').count()).toBe(0);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
}

const text = (page: Page, selector: string) => page.locator(selector).allTextContents();

describe('a hostile or unusual name', () => {
  it.each(names)('is text on the live page, its photo and its form: %s', async (name) => {
    const id = cameras.get(name) ?? '';
    const page = await site.open(`/?camera=${id}`);
    expect(await page.title()).toBe(`${name} · Porthole`);
    expect(await text(page, '.tabs [data-camera] .name')).toEqual(['front', ...names]);
    await page.getByRole('button', { name: 'Start streaming' }).click();
    await page.locator('.stage[data-state=live]').waitFor();
    expect(await page.locator('.picture canvas').getAttribute('aria-label')).toBe(`${name}, live`);
    await expectTame(page);

    const photo = photos.get(name) ?? '';
    await page.goto(`/photos/${photo}`);
    expect(await text(page, '.facts dd')).toContain(name);
    await expectTame(page);

    await page.goto(`/settings/cameras/${id}`);
    expect(await page.getByLabel('Name').inputValue()).toBe(name);
    expect(await text(page, 'h1')).toEqual([`Edit ${name}`]);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText(`Camera “${name}” saved.`).waitFor();
    await expectTame(page);
  });

  it('is text wherever all cameras are listed', async () => {
    const page = await site.open('/?view=grid');
    const all = ['front', ...names];
    expect(await text(page, '.tile .chip-name')).toEqual(all);
    await expectTame(page);
    await page.goto('/?view=grid&kiosk');
    expect(await text(page, '.tile .chip-name')).toEqual(all);
    await expectTame(page);
    await page.goto('/photos');
    expect(await text(page, '.filter a')).toEqual(['All cameras', ...all]);
    expect((await text(page, '.photo-camera')).map((each) => each.trim()).sort()).toEqual([...names].sort());
    await expectTame(page);
    await page.goto('/settings');
    expect(await text(page, '.camera-card h2')).toEqual(all);
    await expectTame(page);
    await page.goto('/settings/users');
    expect(await text(page, '#add-user ~ form .checks label > span')).toEqual([
      'All, including cameras added later',
      ...all,
    ]);
    await expectTame(page);
  });

  it('arrives as text on a page that is open while it is chosen', async () => {
    const page = await site.open('/?camera=front');
    await page.getByRole('button', { name: 'Start streaming' }).click();
    await page.locator('.stage[data-state=live]').waitFor();
    const client = await site.server.signIn();
    // Another camera has each of the names themselves.
    for (const name of [...names.map((each) => `${each.slice(0, 58)} 2`), 'front']) {
      expect((await client.send('PATCH', '/api/cameras/front', { name })).status).toBe(200);
      await page.locator('.tabs [data-camera=front] .name', { hasText: name }).waitFor();
    }
    await expectTame(page);
  });
});
