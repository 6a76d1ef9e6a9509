// The gallery with 2,000 photos: the way back to one, dates, filters, and selections that are larger than the page.
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { addPhotos, type MadePhoto } from '../support/many-photos.ts';
import { eventually, frontCamera, useSite } from '../support/site.ts';

const site = useSite({ args: [...frontCamera, '--camera', 'yard=test:?width=320&height=240&fps=5'] });

const dayMs = 86_400_000;
/** Noon of the first of the days, in UTC. */
const noon = Date.UTC(2026, 9, 20, 12);
const day = (index: number) => new Date(noon - index * dayMs).toISOString().slice(0, 10);
const made = (count: number, of: { days: number; from?: number; id: string; name: string }): MadePhoto[] =>
  Array.from({ length: count }, (_, number) => ({
    id: `${of.id}-${number}`,
    cameraId: of.id,
    cameraName: of.name,
    takenAt: noon - ((of.from ?? 0) + (number % of.days)) * dayMs - Math.floor(number / of.days) * 1000,
  }));
/** The newest day has more photos than a page; the removed camera was older than the others. */
const photos = [
  ...made(120, { days: 1, id: 'front', name: 'front' }),
  ...made(1_480, { days: 74, from: 1, id: 'yard', name: 'yard' }),
  ...made(400, { days: 40, from: 60, id: 'shed', name: 'Old shed' }),
];

let page: Page;
beforeAll(async () => {
  await addPhotos(site.server.data, photos);
  // Thumbnails may load while their photos are being deleted.
  page = await (await site.visitor({ stays: true, complaints: /404 .*\/thumbnail\)/ })).newPage();
});

const open = async (path = '/photos'): Promise<void> => {
  await page.goto('about:blank');
  await page.goto(path);
};
const ready = () => eventually(() => page.locator('#scrubber').getAttribute('aria-valuemax')).not.toBe('0');
const loaded = () => page.locator('#days .tiles > li').count();
/** The headings of days that are in view, below the bar. */
const daysInView = () =>
  page.locator('#days > .day').evaluateAll((days) =>
    days
      .filter((each) => {
        const { top, bottom } = each.getBoundingClientRect();
        return bottom > 120 && top < innerHeight - 40;
      })
      .map((each) => (each as HTMLElement).dataset.day),
  );
const focusedInView = () =>
  page.evaluate(() => {
    const item = document.activeElement;
    const { top = -1, bottom = -1 } = item?.closest('li')?.getBoundingClientRect() ?? {};
    const bar = document.querySelector('#gallery-bar')?.getBoundingClientRect().bottom ?? 0;
    return top >= bar && bottom <= innerHeight ? (item as HTMLElement).dataset.id : `out of view: ${top} to ${bottom}`;
  });
const scrollDown = async (photosAtLeast: number): Promise<void> => {
  await eventually(async () => {
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    return loaded();
  }).toBeGreaterThan(photosAtLeast);
};

describe('the gallery with many photos', () => {
  it('is a short page without the ids of all', async () => {
    const response = await page.request.get('/photos');
    const html = await response.text();
    expect(html.length).toBeLessThan(120_000);
    expect(new Set(html.match(/data-id="[^"]+"/g)).size).toBe(60);
    expect(html).toContain('2,000 photos');
  });

  it('has the photo in view and focused that Back comes from, after twenty others and reloads', async () => {
    await open();
    await scrollDown(200);
    const links = page.locator('#days a.photo');
    const ids = await links.evaluateAll((all) => all.map((link) => link.dataset.id ?? ''));
    await links.nth(150).click();
    await page.waitForURL(`/photos/${ids[150] ?? ''}`);
    const length = await page.evaluate(() => history.length);
    for (let step = 0; step < 20; step += 1) await page.keyboard.press('ArrowRight');
    await page.waitForURL(`/photos/${ids[170] ?? ''}`);
    expect(await page.evaluate(() => history.length)).toBe(length);
    await page.reload();
    await page.goBack();
    await eventually(focusedInView).toBe(ids[170]);
    expect(new URL(page.url()).pathname).toBe('/photos');
    // The same by the link, which goes back too.
    await page.keyboard.press('Enter');
    await page.waitForURL(`/photos/${ids[170] ?? ''}`);
    await page.keyboard.press('ArrowLeft');
    await page.waitForURL(`/photos/${ids[169] ?? ''}`);
    await page.keyboard.press('Escape');
    await eventually(focusedInView).toBe(ids[169]);
    expect(await page.evaluate(() => history.length)).toBe(length);
    const top = () =>
      page.locator(`[data-id="${ids[169] ?? ''}"]`).evaluate((item) => Math.round(item.getBoundingClientRect().top));
    const before = await top();
    await eventually(() => page.url()).toContain('at=');
    await page.reload();
    await eventually(async () => Math.abs((await top()) - before)).toBeLessThan(4);
  });

  it('opens where a link leads, and has newer and older photos from there', async () => {
    await open('/photos?at=yard-700#photo-yard-700');
    await eventually(focusedInView).toBe('yard-700');
    const before = await loaded();
    await page.evaluate(() => scrollTo(0, 0));
    await eventually(loaded).toBeGreaterThan(before);
    const [times, ids] = await page
      .locator('#days li')
      .evaluateAll((all) => [
        all.map((each) => Date.parse(each.querySelector('time')?.dateTime ?? '')),
        all.map((each) => each.querySelector('a')?.dataset.id),
      ]);
    expect(times).toEqual(times?.toSorted((a, b) => Number(b) - Number(a)));
    expect(new Set(ids).size).toBe(ids?.length);
  });

  it('goes to any date by key, pointer and date field without loading those between', async () => {
    await open();
    await ready();
    const rail = page.getByRole('slider', { name: 'Date' });
    await rail.focus();
    await page.keyboard.press('End');
    await eventually(daysInView).toContain(day(99));
    expect(await loaded()).toBeLessThan(260);
    expect(await rail.getAttribute('aria-valuetext')).toMatch(/^.+ 2026, 10 photos$|^.+, 10 photos$/);
    await page.keyboard.press('Home');
    await eventually(daysInView).toContain(day(0));
    await page.keyboard.press('PageDown');
    await eventually(async () => (await daysInView())[0]).toBe('2026-09-30');

    const box = await rail.boundingBox();
    if (box === null) throw new Error('the rail has no place');
    await page.mouse.move(box.x + box.width - 8, box.y + 5);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 8, box.y + box.height / 2, { steps: 5 });
    const shown = await page.locator('.scrubber-date').innerText();
    await page.mouse.up();
    await eventually(() => page.locator('.day h2').allInnerTexts()).toContain(shown);
    expect((await daysInView())[0]).not.toBe('2026-09-30');

    await page.getByLabel('Go to date').fill(day(30));
    await eventually(async () => (await daysInView())[0]).toBe(day(30));
    await eventually(() => rail.getAttribute('aria-valuetext')).toContain('20 photos');
  });

  it('goes to a date by a finger on the rail of a phone, which neither scrolls the page nor opens photos', async () => {
    const visitor = await site.visitor({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
    const phone = await visitor.newPage();
    await phone.goto('/photos');
    const rail = phone.getByRole('slider', { name: 'Date' });
    await eventually(() => rail.getAttribute('aria-valuemax')).not.toBe('0');
    const box = await rail.boundingBox();
    if (box === null) throw new Error('the rail has no place');
    const touch = await visitor.newCDPSession(phone);
    const finger = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...points: readonly (readonly [number, number])[]) =>
      touch.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
    const [x, top, middle] = [box.x + box.width / 2, box.y + 10, box.y + box.height / 2];
    const date = phone.locator('.scrubber-date');
    /** The date once the last move has arrived: browsers keep moves for the next frame. */
    const dateShown = async () => {
      await phone.evaluate(async () => {
        for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
      });
      return date.innerText();
    };
    const dateOpacity = () => date.evaluate((label) => getComputedStyle(label).opacity);

    await finger('touchStart', [x, top]);
    await eventually(dateOpacity).toBe('1');
    // A finger does not stay on the rail, and is not alone for long.
    for (let step = 1; step <= 8; step += 1)
      await finger('touchMove', [x - step * 8, top + ((middle - top) * step) / 8]);
    const shown = await dateShown();
    expect(shown).not.toBe(await phone.locator('.day h2').first().innerText());
    const { left, right } = await date.evaluate((label) => label.getBoundingClientRect());
    expect([left >= 0, right <= box.x]).toEqual([true, true]);
    await finger('touchStart', [x - 64, middle], [x, top]);
    await finger('touchMove', [x - 64, middle], [x, top + 20]);
    expect(await dateShown()).toBe(shown);
    expect(await phone.evaluate(() => scrollY)).toBe(0);
    await finger('touchEnd');
    await eventually(() => phone.locator('.day h2').allInnerTexts()).toContain(shown);
    await eventually(dateOpacity).toBe('0');
    expect(new URL(phone.url()).pathname).toBe('/photos');
    // A tap goes there at once.
    await phone.touchscreen.tap(x, box.y + box.height - 4);
    await eventually(() => rail.getAttribute('aria-valuetext')).toContain('10 photos');
    await eventually(() => phone.locator('.day').last().getAttribute('data-day')).toBe(day(99));
  });

  it('filters by a camera that was removed, at the same date', async () => {
    await open('/photos?day=' + day(80));
    await page.getByRole('link', { name: 'Old shed (removed)' }).click();
    await eventually(() => page.locator('#usage').innerText()).toContain('400 photos');
    const url = new URL(page.url());
    expect(url.searchParams.get('camera')).toBe('shed');
    await eventually(async () => (await daysInView())[0]).toBe(day(80));
    const names = await page
      .locator('#days img')
      .evaluateAll((all) => all.map((each) => (each as HTMLImageElement).alt));
    expect(names.every((name) => name.startsWith('Old shed, '))).toBe(true);
    // Its photos are gone through without those of other cameras.
    await page.locator('#days a.photo').first().click();
    await page.waitForURL(/\/photos\/shed-.*camera=shed/);
    await page.keyboard.press('ArrowRight');
    await page.waitForURL((to) => to.pathname !== url.pathname && to.pathname.startsWith('/photos/shed-'));
  });

  it('selects a whole day and all photos, also those that are not loaded', async () => {
    await open();
    await ready();
    await page.locator('.day .day-tick').first().click();
    await eventually(() => page.locator('#selected').innerText()).toBe('120 selected');
    await page.locator('.tiles > li').nth(3).locator('.tick').click();
    expect(await page.locator('#selected').innerText()).toBe('119 selected');
    await scrollDown(80);
    expect(await page.locator('.day').first().locator('.tick input:checked').count()).toBe(
      (await page.locator('.day').first().locator('.tick').count()) - 1,
    );
    await page.locator('.actions').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('119 photos deleted.').waitFor();
    await eventually(() => page.locator('#usage').innerText()).toContain('1,881 photos');
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('119 photos are back.').waitFor();
    await eventually(() => page.locator('#usage').innerText()).toContain('2,000 photos');

    await open('/photos?camera=yard');
    await ready();
    await page.getByRole('button', { name: 'Select', exact: true }).click();
    await page.getByLabel('All 1,480').check();
    expect(await page.locator('#selected').innerText()).toBe('1,480 selected');
    await page.getByRole('slider', { name: 'Date' }).press('End');
    await eventually(daysInView).toContain(day(74));
    expect(await page.locator('#days .tick input:not(:checked)').count()).toBe(0);
    await page.keyboard.press('Delete');
    await page.getByText('1,480 photos deleted.').waitFor();
    await page.getByRole('heading', { name: 'No photos of yard yet' }).waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('1,480 photos are back.').waitFor();
    await eventually(() => page.locator('#usage').innerText()).toContain('1,480 photos');
  });

  it('works without scripts: dates, both ways, and all photos in an archive', async () => {
    const plain = await (await site.visitor({ javaScriptEnabled: false })).newPage();
    await plain.goto('/photos');
    await plain.getByLabel('Go to date').fill(day(50));
    await plain.getByRole('button', { name: 'Go' }).click();
    expect(await plain.locator('.day').first().getAttribute('data-day')).toBe(day(50));
    await plain.getByRole('link', { name: 'Newer photos' }).click();
    expect(await plain.locator('.day').last().getAttribute('data-day')).toBe(day(49));
    await plain.locator('#days .photo').nth(30).click();
    const id = /\/photos\/(.+)$/.exec(plain.url())?.[1] ?? '';
    await plain.getByRole('link', { name: 'All photos' }).click();
    await eventually(() =>
      plain.locator(`[data-id="${id}"]`).evaluate((item) => item.getBoundingClientRect().top),
    ).toBeGreaterThan(0);

    await plain.goto('/photos?camera=shed');
    await plain.locator('.day .day-tick').first().click();
    await plain.getByLabel('All 400').check();
    const [download] = await Promise.all([
      plain.waitForEvent('download'),
      plain.locator('.actions').getByRole('button', { name: 'Download' }).click(),
    ]);
    const chunks: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
    // The end of a ZIP says how many files it has (APPNOTE 4.3.16).
    const zip = Buffer.concat(chunks);
    expect(zip.readUInt16LE(zip.lastIndexOf(Buffer.from('PK\x05\x06')) + 10)).toBe(400);
  });

  it('shares a photo by a link that works without scripts and sign-in until it is revoked', async () => {
    await open('/photos/front-3');
    await page.locator('#share > summary').click();
    await page.getByLabel('The link works for').selectOption('1');
    await page.getByRole('button', { name: 'Copy link' }).click();
    const link = await page.locator('#links input[readonly]').inputValue();
    const stranger = await (
      await site.visitor({ user: null, javaScriptEnabled: false, complaints: /status of 410/ })
    ).newPage();
    await stranger.goto(link);
    await stranger.getByRole('heading', { name: 'front' }).waitFor();
    expect(await stranger.getByRole('img').evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(64);
    expect(await stranger.locator('body').innerText()).not.toContain('admin');
    expect(await stranger.context().cookies()).toEqual([]);
    await page.getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('Link revoked.').waitFor();
    await stranger.reload();
    await stranger.getByText('This link was revoked.').waitFor();
  });
});
