// The gallery: selection, download as an archive, deletion with undo.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { lacks, programPath } from '../support/programs.ts';
import { eventually, serverAway, useSite } from '../support/site.ts';

const site = useSite();
const taken = 6;

beforeAll(async () => {
  const client = await site.server.signIn();
  for (let index = 0; index < taken; index += 1) await client.json('/api/cameras/front/photos', { method: 'POST' });
});

const tiles = (page: Page) => page.locator('.tiles > li:visible');
const tick = (page: Page, index: number) => tiles(page).nth(index).locator('.tick');
const selected = (page: Page) => page.locator('.tick input:checked').count();

async function openGallery(): Promise<Page> {
  const page = await site.open('/photos');
  await eventually(() => tiles(page).count()).toBe(taken);
  return page;
}

describe('the gallery', () => {
  it('groups photos by day, with count and size', async () => {
    const page = await openGallery();
    expect(await page.getByRole('heading', { level: 2 }).allTextContents()).toEqual(['Today']);
    expect(await page.locator('#usage').textContent()).toMatch(/^6 photos\u00a0· [\d.]+\u00a0KB$/);
    await eventually(() =>
      page
        .locator('.tiles img')
        .evaluateAll((images) => images.every((image) => (image as HTMLImageElement).naturalWidth === 480)),
    ).toBe(true);
  });

  it('selects one by its checkbox, more by a click anywhere, and a range by shift', async () => {
    const page = await openGallery();
    await tiles(page).nth(0).hover();
    await tick(page, 0).click();
    await eventually(() => page.locator('#selected').textContent()).toBe('1 selected');
    await tiles(page).nth(1).locator('a').click();
    expect(new URL(page.url()).pathname).toBe('/photos');
    expect(await selected(page)).toBe(2);
    await tick(page, 4).click({ modifiers: ['Shift'] });
    expect(await selected(page)).toBe(5);
    await tiles(page).nth(2).locator('a').click();
    expect(await selected(page)).toBe(4);
    await page.keyboard.press('Escape');
    expect(await selected(page)).toBe(0);
    await page.getByRole('button', { name: 'Select', exact: true }).click();
    await tiles(page).nth(3).locator('a').click();
    expect(await selected(page)).toBe(1);
    await page.keyboard.press('Control+a');
    expect(await selected(page)).toBe(taken);
  });

  it('shows whole names and counts in its bar on small phones, also with large text', async () => {
    const client = await site.server.signIn();
    const name = 'A garden with a rather long name';
    await client.send('POST', '/api/cameras', { name, source: 'test:?width=160&height=120&fps=2' });
    for (const locale of ['en-GB', 'de-DE']) {
      const page = await site.open('/photos', { viewport: { width: 320, height: 640 }, hasTouch: true, locale });
      const cut = () =>
        page
          .locator('.gallery-bar .filter a, #selected')
          .evaluateAll((all) =>
            all
              .filter(({ scrollWidth, clientWidth }) => clientWidth === 0 || scrollWidth > clientWidth + 1)
              .map((each) => each.textContent),
          );
      await page.locator('#select').click();
      for (const size of ['100%', '200%']) {
        await page.evaluate((textSize) => document.documentElement.style.setProperty('font-size', textSize), size);
        expect(await cut(), size).toEqual([]);
        await page.keyboard.press('Control+a');
        expect(await cut(), size).toEqual([]);
      }
    }
    await client.request('/api/cameras/a-garden-with-a-rather-long-name', { method: 'DELETE' });
  });

  it('opens a photo by a click while nothing is selected', async () => {
    const page = await openGallery();
    await tiles(page).nth(0).locator('a').click();
    await page.waitForURL('/photos/*');
  });

  it.skipIf(lacks('unzip'))('downloads the selected photos as an archive', async () => {
    const page = await openGallery();
    await tick(page, 0).click();
    await tick(page, 2).click({ modifiers: ['Shift'] });
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('.actions').getByRole('button', { name: 'Download' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('porthole-photos.zip');
    const path = await download.path();
    const run = promisify(execFile);
    await run(programPath('unzip'), ['-t', path]);
    const { stdout } = await run(programPath('unzip'), ['-Z1', path]);
    const names = stdout.trim().split('\n');
    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(name).toMatch(/_front_\w+\.jpg$/);
  });

  it('deletes the selected photos at once, and restores them by Undo', async () => {
    const [page, other] = [await openGallery(), await openGallery()];
    await tick(page, 1).click();
    await tick(page, 2).click();
    await page.locator('.actions').getByRole('button', { name: 'Delete' }).click();
    await eventually(() => tiles(page).count()).toBe(taken - 2);
    await page.getByText('2 photos deleted.').waitFor();
    await eventually(() => page.locator('#usage').textContent()).toMatch(/^4 photos/);
    // Everybody who looks sees it.
    await eventually(() => tiles(other).count()).toBe(taken - 2);

    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('2 photos are back.').waitFor();
    expect(await tiles(page).count()).toBe(taken);
    expect(await selected(page)).toBe(0);
    await page.reload();
    expect(await tiles(page).count()).toBe(taken);
  });

  it('keeps the page and the selection while the server is away', async () => {
    const page = await site.open('/photos', { complaints: serverAway });
    await tick(page, 1).click();
    await tick(page, 2).click();
    const photo = await page.context().newPage();
    await photo.goto((await tiles(page).nth(0).locator('a').getAttribute('href')) ?? '');
    const address = photo.url();
    await photo.locator('#share > summary').click();
    await photo.getByRole('button', { name: 'Copy link' }).click();
    await photo.getByRole('button', { name: 'Revoke' }).waitFor();
    await site.restart(async () => {
      await page.locator('#away:visible').waitFor();
      await page.locator('.actions').getByRole('button', { name: 'Delete' }).click();
      await page.locator('.toast[role=alert]').waitFor();
      expect([await tiles(page).count(), await selected(page)]).toEqual([taken, 2]);
      await page.locator('.actions').getByRole('button', { name: 'Download' }).click();
      await eventually(() => page.locator('[aria-busy=true]').count()).toBe(0);
      await photo.getByRole('button', { name: 'Revoke' }).click();
      await photo.getByText('Porthole is not responding.').waitFor();
      await photo.locator('.toast[role=alert] .toast-close').click();
      await photo.locator('.toast').waitFor({ state: 'detached' });
      await photo.keyboard.press('ArrowRight');
      await photo.getByText('Porthole is not responding.').waitFor();
      expect([page.url(), photo.url()]).toEqual([`${site.server.url}/photos`, address]);
    });
    await page.locator('#away').waitFor({ state: 'hidden' });
    expect(await selected(page)).toBe(2);
    await photo.keyboard.press('ArrowRight');
    await eventually(() => photo.url()).not.toBe(address);
  });

  it('shows no photos after signing out in another tab', async () => {
    const page = await openGallery();
    const other = await page.context().newPage();
    await other.goto('/account');
    await other.getByLabel('Your account, admin').click();
    await other.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.waitForURL('/login?next=%2Fphotos');
  });

  it('shows a photo taken meanwhile, and says so when empty', async () => {
    const page = await openGallery();
    const client = await site.server.signIn();
    await client.json('/api/cameras/front/photos', { method: 'POST' });
    await eventually(() => tiles(page).count()).toBe(taken + 1);
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.getByText('7 photos deleted.').waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'No photos yet' }).waitFor();
  });
});
