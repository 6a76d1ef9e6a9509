// The live video: it starts, really moves, changes its size and stops.
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { comparePictures } from '../support/pictures.ts';
import {
  drawnWidth,
  movingPart,
  numberOnScreen,
  pictureOnScreen,
  untilMoving,
  wakeControls,
} from '../support/picture-on-page.ts';
import { eventually, useSite } from '../support/site.ts';

const site = useSite();

const start = (page: Page) => page.getByRole('button', { name: 'Start streaming' });
const stop = (page: Page) => page.locator('form.stop button');
const size = (page: Page) => page.getByLabel('Video size');

describe('the picture', () => {
  it('is paused at first and says so', async () => {
    const page = await site.open('/');
    await page.getByRole('heading', { name: 'Stream is paused.' }).waitFor();
    expect(await start(page).isEnabled()).toBe(true);
    expect(await stop(page).isEnabled()).toBe(false);
    expect(await page.locator('form.capture button').isEnabled()).toBe(false);
    expect(await page.locator('.picture canvas').count()).toBe(0);
  });

  it('really moves after Start, and stands still after Stop', async () => {
    const page = await site.open('/');
    await start(page).click();
    await untilMoving(page);
    expect(await page.locator('.chip-word').textContent()).toBe('Live');
    await eventually(() => page.locator('.chip-figures').textContent()).toMatch(/^\d+(\.\d)?\u00a0fps\u00a0· \d/);

    // The camera's own size is known only now.
    await eventually(() => size(page).locator('option').last().textContent()).toBe('Original, 640\u00a0×\u00a0480');

    // The controls leave by themselves; then the screen shows the whole picture.
    const earlier = await numberOnScreen(page);
    const first = await pictureOnScreen(page);
    const next = async () =>
      (await comparePictures(await movingPart(first), await movingPart(await pictureOnScreen(page)))).changed;
    await eventually(next).toBeGreaterThan(0.02);
    expect(await numberOnScreen(page)).toBeGreaterThan(earlier);

    await wakeControls(page);
    await stop(page).click();
    await page.getByRole('heading', { name: 'Stream is paused.' }).waitFor();
    expect(await start(page).isEnabled()).toBe(true);
    expect(await stop(page).isEnabled()).toBe(false);
    // Behind the words stands the last picture, still and out of focus.
    const still = async () => {
      const before = await pictureOnScreen(page);
      return (await comparePictures(before, await pictureOnScreen(page))).changed;
    };
    await eventually(still).toBe(0);
  });

  it('resumes automatically when the page is reloaded while streaming', async () => {
    const page = await site.open('/');
    await start(page).click();
    await untilMoving(page);
    await page.reload();
    await untilMoving(page);
  });

  it('changes its size without a pause, and the session remembers it', async () => {
    const page = await site.open('/');
    await start(page).click();
    await untilMoving(page);
    expect(await drawnWidth(page)).toBe(640);
    expect(await size(page).locator('option').allTextContents()).toEqual([
      '320\u00a0×\u00a0240',
      '480\u00a0×\u00a0360',
      'Original, 640\u00a0×\u00a0480',
    ]);

    await page.evaluate(() => {
      const stage = document.querySelector<HTMLElement>('.stage');
      const seen = new Set<string>();
      Object.assign(globalThis, { seen });
      if (stage === null) return;
      new MutationObserver(() => seen.add(stage.dataset.state ?? '')).observe(stage, {
        attributeFilter: ['data-state'],
      });
    });
    await size(page).selectOption('320');
    await eventually(() => drawnWidth(page)).toBe(320);
    await untilMoving(page);
    expect(await page.evaluate(() => [...(globalThis as unknown as { seen: Set<string> }).seen])).toEqual([]);

    await page.reload();
    expect(await size(page).inputValue()).toBe('320');
    await untilMoving(page);
    expect(await drawnWidth(page)).toBe(320);
    await size(page).selectOption('source');
    await eventually(() => drawnWidth(page)).toBe(640);
  });

  it('is never stretched', async () => {
    const page = await site.open('/');
    await start(page).click();
    await untilMoving(page);
    const fits = await page.locator('.picture canvas').evaluate((canvas) => getComputedStyle(canvas).objectFit);
    expect(fits).toBe('contain');
  });

  it('shows stats: transport, size, frame rate and latency', async () => {
    const page = await site.open('/?figures');
    await start(page).click();
    await untilMoving(page);
    const figure = (name: string) => page.locator(`[data-figure=${name}]`).textContent();
    // Which way it is depends on how long ago it began.
    await eventually(() => figure('transport')).toMatch(/^(WebSocket|WebSocket, MSE|WebRTC)$/);
    await eventually(() => figure('transport')).toBe('WebRTC');
    await eventually(() => figure('size')).toBe('640\u00a0×\u00a0480');
    await eventually(() => figure('fps')).toMatch(/^\d+(\.\d)?\u00a0fps$/);
    await eventually(() => figure('age')).toMatch(/^\d+\u00a0ms$|^\d+\.\d\u00a0s$/);
    await eventually(() => figure('bitrate')).toMatch(/bit\/s$/);
  });

  it("is not touched by somebody else's Stop", async () => {
    const [mine, theirs] = await Promise.all([site.open('/'), site.open('/')]);
    await start(mine).click();
    await start(theirs).click();
    await Promise.all([untilMoving(mine), untilMoving(theirs)]);
    await wakeControls(theirs);
    await stop(theirs).click();
    await theirs.getByRole('heading', { name: 'Stream is paused.' }).waitFor();
    await untilMoving(mine);
    expect(await stop(mine).isEnabled()).toBe(true);
  });

  it('starts, changes and stops in all tabs of a session', async () => {
    const visitor = await site.visitor();
    const [one, two] = await Promise.all([visitor.newPage(), visitor.newPage()]);
    await Promise.all([one.goto('/'), two.goto('/')]);
    await start(one).click();
    await Promise.all([untilMoving(one), untilMoving(two)]);
    await size(two).selectOption('480');
    await eventually(() => Promise.all([drawnWidth(one), drawnWidth(two)])).toEqual([480, 480]);
    await eventually(() => size(one).inputValue()).toBe('480');
    await wakeControls(two);
    await stop(two).click();
    for (const page of [one, two]) await page.getByRole('heading', { name: 'Stream is paused.' }).waitFor();
  });
});
