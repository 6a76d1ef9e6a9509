// The pages with JavaScript off: every action is a form.
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { comparePictures } from '../support/pictures.ts';
import { movingPart, numberOnScreen, pictureOnScreen } from '../support/picture-on-page.ts';
import { adminPassword } from '../support/server.ts';
import { eventually, useSite } from '../support/site.ts';

const site = useSite();

const button = (page: Page, form: 'start' | 'stop' | 'capture') => page.locator(`form.${form} button`);
const enabled = async (page: Page) =>
  Promise.all((['start', 'stop', 'capture'] as const).map((form) => button(page, form).isEnabled()));
const feedWidth = (page: Page) =>
  page.locator('img.feed').evaluate((image) => (image as HTMLImageElement).naturalWidth);

describe('without JavaScript', () => {
  it('a person signs in, starts, sizes, captures and stops', async () => {
    const page = await site.open('/', { user: null, javaScriptEnabled: false });
    await page.getByLabel('Name').fill('admin');
    await page.getByLabel('Password').fill(adminPassword);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL((url) => url.pathname === '/');

    await page.getByRole('heading', { name: 'Stream is paused.' }).waitFor();
    expect(await enabled(page)).toEqual([true, false, false]);
    expect(await page.locator('img.feed').count()).toBe(0);
    for (const form of ['start', 'stop', 'capture'] as const) expect(await button(page, form).isVisible()).toBe(true);

    await button(page, 'start').click();
    await page.locator('img.feed').waitFor();
    expect(await enabled(page)).toEqual([false, true, true]);
    await eventually(() => feedWidth(page)).toBe(640);
    const number = await numberOnScreen(page);
    const first = await movingPart(await pictureOnScreen(page));
    const changed = async () => (await comparePictures(first, await movingPart(await pictureOnScreen(page)))).changed;
    await eventually(changed).toBeGreaterThan(0.02);
    await eventually(() => numberOnScreen(page)).toBeGreaterThan(number);

    await page.getByLabel('Video size').selectOption('320');
    await page.getByRole('button', { name: 'Set size' }).click();
    await eventually(() => feedWidth(page)).toBe(320);
    expect(await page.getByLabel('Video size').inputValue()).toBe('320');

    await button(page, 'capture').click();
    await page.getByText('Photo taken.').waitFor();
    expect(await page.locator('#film > li').count()).toBe(1);
    expect(await enabled(page)).toEqual([false, true, true]);

    await button(page, 'stop').click();
    await page.getByRole('heading', { name: 'Stream is paused.' }).waitFor();
    expect(await enabled(page)).toEqual([true, false, false]);
    expect(await page.locator('img.feed').count()).toBe(0);
  });

  it('a photo is viewed, deleted and brought back', async () => {
    const client = await site.server.signIn();
    await client.json('/api/cameras/front/photos', { method: 'POST' });
    const page = await site.open('/photos', { javaScriptEnabled: false });
    const count = await page.locator('.tiles > li').count();
    await page.locator('.tiles > li a').first().click();
    await page.waitForURL('/photos/*');
    await page.getByRole('link', { name: 'All photos' }).click();
    await page.locator('.tiles .tick').first().click();
    await page.locator('.actions').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Photo deleted.').waitFor();
    expect(await page.locator('.tiles > li').count()).toBe(count - 1);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('The photo is back.').waitFor();
    expect(await page.locator('.tiles > li').count()).toBe(count);
  });

  it('a camera is tested, added, moved and removed', async () => {
    const page = await site.open('/settings/cameras/new', { javaScriptEnabled: false });
    await page.getByLabel('Name').fill('Second');
    await page.getByLabel('Host or address').fill('test:?width=320&height=240&fps=5');
    await page.getByRole('button', { name: 'Test' }).click();
    await page.getByText('It works: 320 × 240').waitFor();
    expect(await page.getByLabel('Name').inputValue()).toBe('Second');
    await page.getByRole('button', { name: 'Add this camera' }).click();
    await page.getByText('Camera “Second” added.').waitFor();
    expect(new URL(page.url()).search).toBe('?camera=second');
    await page.goto('/settings');
    await page.getByLabel('Move Second up').click();
    expect(await page.locator('.camera-card h2').allTextContents()).toEqual(['Second', 'front']);
    await page.getByRole('link', { name: 'Edit Second' }).click();
    await page.locator('summary', { hasText: 'Remove Second' }).click();
    await page.getByRole('button', { name: 'Yes, remove Second' }).click();
    await page.getByText('Camera “Second” removed.').waitFor();
    expect(await page.locator('.camera-card').count()).toBe(1);
  });
});
