// Taking photos on the live page, and looking at one.
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { comparePictures } from '../support/pictures.ts';
import { untilMoving, wakeControls } from '../support/picture-on-page.ts';
import { eventually, useSite } from '../support/site.ts';

const site = useSite();

const film = (page: Page) => page.locator('#film > li');

async function press(page: Page): Promise<void> {
  await wakeControls(page);
  await page.getByRole('button', { name: 'Capture' }).click();
}

async function watch(path = '/'): Promise<Page> {
  const page = await site.open(path);
  const start = page.getByRole('button', { name: 'Start streaming' });
  if (await start.isVisible()) await start.click();
  await untilMoving(page);
  return page;
}

describe('the shutter', () => {
  it('adds the photo to the filmstrip, newest first, at the camera’s original size', async () => {
    const page = await watch();
    await page.getByLabel('Video size').selectOption('320');
    const before = await film(page).count();
    await press(page);
    await eventually(() => film(page).count()).toBe(before + 1);
    const thumbnail = film(page).first().locator('img');
    await eventually(() => thumbnail.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(480);
    const id = await film(page).first().locator('a').getAttribute('data-id');
    const file = await page.request.get(`/photos/${id ?? ''}/file`);
    expect(await sharp(await file.body()).metadata()).toMatchObject({ format: 'jpeg', width: 640, height: 480 });
    // The one just taken flies in, and is then seen.
    await eventually(() =>
      film(page)
        .first()
        .evaluate((item) => getComputedStyle(item).opacity),
    ).toBe('1');
    await eventually(() => page.locator('.flying').count()).toBe(0);
  });

  it('is also the key C, and a second photo appears before the first', async () => {
    const page = await watch();
    const ids = () => page.locator('#film a').evaluateAll((links) => links.map((link) => link.dataset.id));
    const before = await ids();
    await page.keyboard.press('c');
    const [first] = await eventuallyMore(ids, before);
    await page.keyboard.press('c');
    const after = await eventuallyMore(ids, await ids());
    expect(after[1]).toBe(first);
  });

  it('announces each photo, also if nothing else was announced in between', async () => {
    const page = await watch();
    await page.evaluate(() => {
      const said: (string | undefined)[] = [];
      const place = document.querySelector('#announce');
      if (place === null) return;
      new MutationObserver(() => said.push(place.textContent)).observe(place, { childList: true, subtree: true });
      Object.assign(globalThis, { said });
    });
    for (const count of [1, 2]) {
      await page.keyboard.press('c');
      const said = () => page.evaluate(() => (globalThis as unknown as { said: string[] }).said);
      await eventually(said).toEqual(Array.from({ length: count }, () => 'Photo taken.'));
    }
  });

  it('takes one photo for a double click', async () => {
    const page = await watch();
    const before = await film(page).count();
    await page.getByRole('button', { name: 'Capture' }).dblclick();
    await eventually(() => film(page).count()).toBeGreaterThan(before);
    await page.waitForTimeout(1_000);
    expect(await film(page).count()).toBe(before + 1);
  });

  it('does nothing while paused', async () => {
    const page = await site.open('/');
    await page.getByRole('heading', { name: 'Stream is paused.' }).waitFor();
    const before = await film(page).count();
    await page.keyboard.press('c');
    await page.reload();
    expect(await film(page).count()).toBe(before);
  });

  it('shows the photo on other open pages', async () => {
    const [mine, theirs] = [await watch(), await site.open('/')];
    const before = await film(theirs).count();
    await press(mine);
    await eventually(() => film(theirs).count()).toBe(Math.min(12, before + 1));
  });
});

describe('the photo page', () => {
  it('goes to older and newer photos by buttons and keys, and shows details', async () => {
    const page = await watch();
    await film(page).first().waitFor();
    const ids = await page.locator('#film a').evaluateAll((links) => links.map((link) => link.dataset.id));
    expect(ids.length).toBeGreaterThanOrEqual(3);
    await film(page).first().locator('a').click();
    const at = (index: number) => page.waitForURL(`/photos/${ids[index] ?? ''}`);
    await at(0);
    expect(await page.getByLabel('Newer photo').count()).toBe(0);
    await page.getByLabel('Older photo').click();
    await at(1);
    await page.keyboard.press('ArrowRight');
    await at(2);
    await page.keyboard.press('ArrowLeft');
    await at(1);
    await page.getByLabel('Newer photo').click();
    await at(0);
    const facts = await page.locator('.facts').innerText();
    expect(facts).toContain('front');
    expect(facts).toMatch(/640\u00a0×\u00a0480\u00a0· [\d.]+\u00a0KB/);
    expect(facts).toContain('admin');
    await page.goBack();
    await page.waitForURL('/');
    await page.goForward();
    await at(0);
    await page.keyboard.press('Escape');
    await page.waitForURL('/photos');
  });

  it('stays when another language is chosen, also after going from photo to photo', async () => {
    const page = await watch();
    await film(page).first().locator('a').click();
    await page.waitForURL('/photos/*');
    const first = page.url();
    await page.keyboard.press('ArrowRight');
    await eventually(() => page.url()).not.toBe(first);
    const second = page.url();
    await page.getByLabel('Your account, admin').click();
    await page.getByRole('button', { name: 'Deutsch' }).click();
    await page.getByLabel('Ihr Konto, admin').waitFor();
    expect(page.url()).toBe(second);
  });

  it('downloads the original file', async () => {
    const page = await watch();
    await film(page).first().locator('a').click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download' }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_front_\w+\.jpg$/);
    const bytes = await readFile(await download.path());
    const shown = await page.request.get(`${new URL(page.url()).pathname}/file`);
    expect(bytes.equals(await shown.body())).toBe(true);
  });

  it('zooms by keys within its frame', async () => {
    const page = await watch();
    await film(page).first().locator('a').click();
    await page.locator('#large').evaluate((image) => (image as HTMLImageElement).decode());
    const whole = await page.locator('#viewer').screenshot();
    await page.keyboard.press('+');
    await page.keyboard.press('+');
    await eventually(
      async () => (await comparePictures(whole, await page.locator('#viewer').screenshot())).changed,
    ).toBeGreaterThan(0.05);
    await page.keyboard.press('0');
    await eventually(
      async () => (await comparePictures(whole, await page.locator('#viewer').screenshot())).changed,
    ).toBeLessThan(0.01);
  });

  it('deletes with undo', async () => {
    const page = await watch();
    await film(page).first().locator('a').click();
    await page.waitForURL('/photos/*');
    const address = page.url();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Photo deleted.').waitFor();
    expect((await page.request.get(address)).status()).toBe(404);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('The photo is back.').waitFor();
    expect((await page.request.get(address)).status()).toBe(200);
  });
});

/** Waits until there is one more than before; gives them all. */
async function eventuallyMore<T>(read: () => Promise<readonly T[]>, before: readonly T[]): Promise<readonly T[]> {
  await eventually(async () => (await read())[0]).not.toBe(before[0]);
  return read();
}

it.each([
  ['the file', true],
  ['a link, where the browser takes no files', false],
])('is given to the programs of the device: %s', async (_what, takesFiles) => {
  const client = await site.server.signIn();
  const { id } = await client.json<{ id: string }>('/api/cameras/front/photos', { method: 'POST' });
  const page = await (await site.visitor()).newPage();
  // Headless Chromium has no sheet to share with.
  await page.addInitScript((files) => {
    const given: unknown[] = [];
    Object.assign(globalThis, { given });
    Object.assign(navigator, {
      canShare: () => files,
      share: async ({ files: [file] = [], url }: ShareData) => {
        given.push(file === undefined ? { url } : { name: file.name, type: file.type, size: file.size });
      },
    });
  }, takesFiles);
  await page.goto(`/photos/${id}`);
  await page.locator('summary', { hasText: 'Share' }).click();
  await page.locator('#share-photo').click();
  const given = () => page.evaluate(() => (globalThis as unknown as { given: readonly { url?: string }[] }).given[0]);
  if (takesFiles) {
    const { bytes, fileName } = await client.json<{ bytes: number; fileName: string }>(`/api/photos/${id}`);
    return void (await eventually(given).toEqual({ name: fileName, type: 'image/jpeg', size: bytes }));
  }
  await eventually(given).toMatchObject({ url: expect.stringContaining('/shared/') as string });
  const shared = await fetch((await given())?.url ?? '');
  expect([shared.status, await shared.text()]).toEqual([200, expect.stringContaining('front')]);
});
