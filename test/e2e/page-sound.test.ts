// The audio button on the live page: audio is captured only while it is on.
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFlashAndBeep } from '../support/flash-and-beep.ts';
import { wakeControls } from '../support/picture-on-page.ts';
import { lacks } from '../support/programs.ts';
import { eventually, useSite } from '../support/site.ts';

const clip = join(tmpdir(), `porthole-page-beeps-${process.pid}.mp4`);
beforeAll(() => writeFlashAndBeep(clip, 8));
afterAll(() => rm(clip, { force: true }));
const site = useSite({ args: ['--camera', `front=file:${clip}`] });

async function listeners(): Promise<number> {
  const metrics = await site.server.metrics();
  const count = (rendition: string) => metrics.value('porthole_rendition_viewers', { camera: 'front', rendition });
  return count('aac') + count('opus');
}

/** Notes the loudest sample of every element that plays sound, whichever way it comes. */
function listen(): void {
  const here = globalThis as unknown as { loudest: () => number };
  const analysers: AnalyserNode[] = [];
  const seen = new Set<HTMLMediaElement>();
  const play = Reflect.get<HTMLMediaElement, 'play'>(HTMLMediaElement.prototype, 'play');
  HTMLMediaElement.prototype.play = function () {
    if (this instanceof HTMLAudioElement && !seen.has(this)) {
      seen.add(this);
      const context = new AudioContext();
      const analyser = context.createAnalyser();
      context.createMediaElementSource(this).connect(analyser).connect(context.destination);
      analysers.push(analyser);
    }
    return play.call(this);
  };
  here.loudest = () =>
    Math.max(
      0,
      ...analysers.map((analyser) => {
        const samples = new Float32Array(analyser.fftSize);
        analyser.getFloatTimeDomainData(samples);
        return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
      }),
    );
}

async function watch(webRtc: boolean): Promise<Page> {
  const page = await (await site.visitor({ webRtc })).newPage();
  await page.addInitScript(listen);
  await page.goto('/');
  await page.getByRole('button', { name: 'Start streaming' }).click();
  await page.locator('.stage[data-state=live]').waitFor();
  return page;
}

const loudest = (page: Page) => page.evaluate(() => (globalThis as unknown as { loudest: () => number }).loudest());

describe.skipIf(lacks('ffmpeg', 'ffprobe'))('sound on the live page', () => {
  it('is off at first, and toggled by clicks', async () => {
    const page = await watch(false);
    const button = page.locator('#mute');
    await button.waitFor({ state: 'attached' });
    await eventually(() => button.isHidden()).toBe(false);
    expect(await listeners()).toBe(0);
    await wakeControls(page);
    await button.click();
    await eventually(listeners).toBe(1);
    await eventually(() => loudest(page), 'the beep').toBeGreaterThan(0.2);
    expect(await button.getAttribute('aria-pressed')).toBe('true');
    await page.keyboard.press('m');
    await eventually(listeners).toBe(0);
  });

  it('ends with Stop and returns with Start', async () => {
    const page = await watch(false);
    await eventually(() => page.locator('#mute').isHidden()).toBe(false);
    await page.keyboard.press('m');
    await eventually(listeners).toBe(1);
    await page.keyboard.press('Space');
    await eventually(listeners).toBe(0);
    await page.keyboard.press('Space');
    await eventually(listeners).toBe(1);
  });

  it('plays while the video arrives over WebRTC', async () => {
    const page = await watch(true);
    await eventually(() =>
      page.locator('.stage').evaluate((stage) => (stage as unknown as { currentTransport: string }).currentTransport),
    ).toBe('webrtc');
    await page.keyboard.press('m');
    await eventually(listeners).toBe(1);
    await page.keyboard.press('m');
    await eventually(listeners).toBe(0);
  });

  it('starts on the first interaction if it was on before', async () => {
    const page = await (await site.visitor({ webRtc: false })).newPage();
    await page.addInitScript(listen);
    // As browsers do: nothing sounds before the person has done something. A test's own browser is not so strict.
    await page.addInitScript(() => {
      const play = Reflect.get<HTMLMediaElement, 'play'>(HTMLMediaElement.prototype, 'play');
      let touched = false;
      const here = globalThis as unknown as { refused: number };
      here.refused = 0;
      addEventListener('click', () => (touched = true), { capture: true });
      HTMLMediaElement.prototype.play = function () {
        const mayPlay = touched || this.muted || !(this instanceof HTMLAudioElement);
        if (mayPlay) return play.call(this);
        here.refused += 1;
        return Promise.reject(new DOMException('not yet', 'NotAllowedError'));
      };
    });
    await page.goto('/');
    await page.getByRole('button', { name: 'Start streaming' }).click();
    await page.reload();
    await page.locator('.stage[data-state=live]').waitFor();
    await page.locator('porthole-player').evaluate((element) => element.setAttribute('muted', 'false'));
    const refused = () => page.evaluate(() => (globalThis as unknown as { refused: number }).refused);
    await eventually(refused).toBeGreaterThan(0);
    await eventually(listeners).toBe(0);
    await page.locator('h1').dispatchEvent('click');
    await eventually(listeners).toBe(1);
    await eventually(() => loudest(page)).toBeGreaterThan(0.05);
    await page.locator('porthole-player').evaluate((element) => element.removeAttribute('muted'));
    await eventually(listeners).toBe(0);
  });
});
