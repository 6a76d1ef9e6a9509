// H.264 on the live page: replaces JPEG seamlessly and falls back to it on failure.
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { comparePictures } from '../support/pictures.ts';
import {
  drawnWidth,
  movingPart,
  numberOnScreen,
  pictureDrawn,
  pictureOnScreen,
  untilMoving,
  wakeControls,
} from '../support/picture-on-page.ts';
import { eventually, frontSize, serverAway, useSite, type VisitorOptions } from '../support/site.ts';
import { ageTolerance, trueAge } from '../support/true-age.ts';
import { captures } from '../support/watching.ts';

const site = useSite();

const figure = (page: Page, name: string) => page.locator(`[data-figure=${name}]`).textContent();

/** Opens the live page and starts the picture; `before` runs in it before any script of its own. */
async function start(before?: () => void, options: VisitorOptions = {}): Promise<Page> {
  const page = await (await site.visitor({ webRtc: false, ...options })).newPage();
  if (before !== undefined) await page.addInitScript(before);
  await page.goto('/?figures');
  await page.getByRole('button', { name: 'Start streaming' }).click();
  return page;
}

async function untilCodec(page: Page, codec: 'H.264' | 'JPEG'): Promise<void> {
  await eventually(() => figure(page, 'codec'), `the picture comes as ${codec}`).toBe(codec);
}

/** The same from what is on the page, for when the figures are closed. */
async function untilVideo(page: Page, is: boolean): Promise<void> {
  await eventually(() => page.locator('.picture > video:not(.coming)').count()).toBe(is ? 1 : 0);
}

async function viewers(rendition: string): Promise<number> {
  const metrics = await site.server.metrics();
  return metrics.value('porthole_rendition_viewers', { camera: 'front', rendition });
}

describe('H.264 on the live page', () => {
  it('takes over from JPEG, really moves, and costs a tenth', async () => {
    const page = await start();
    await untilMoving(page);
    await untilCodec(page, 'H.264');
    await untilMoving(page);
    expect(await figure(page, 'transport')).toBe('WebSocket, MSE');
    await eventually(() => figure(page, 'size')).toBe('640\u00a0×\u00a0480');
    await eventually(() => figure(page, 'fps')).toMatch(/^\d+(\.\d)?\u00a0fps$/);
    await eventually(() => figure(page, 'bitrate')).toMatch(/^\d+\u00a0kbit\/s$/);
    // JPEG has ended: the page gets one picture, not two.
    await eventually(() => viewers('jpeg-source')).toBe(0);
    expect(await viewers('h264-source')).toBe(1);

    await page.keyboard.press('i');
    const earlier = await numberOnScreen(page);
    const first = await pictureOnScreen(page);
    const changed = async () =>
      (await comparePictures(await movingPart(first), await movingPart(await pictureOnScreen(page)))).changed;
    await eventually(changed).toBeGreaterThan(0.02);
    expect(await numberOnScreen(page)).toBeGreaterThan(earlier);
  });

  it('takes over without a flash', async () => {
    const page = await start(() => localStorage.setItem('transport', 'jpeg'));
    await untilMoving(page);
    await page.keyboard.press('i');
    await numberOnScreen(page);
    // As fast as the browser gives its pictures, over both changes.
    const session = await page.context().newCDPSession(page);
    const shots: Buffer[] = [];
    session.on('Page.screencastFrame', ({ data, sessionId }) => {
      shots.push(Buffer.from(data, 'base64'));
      void session.send('Page.screencastFrameAck', { sessionId });
    });
    await session.send('Page.startScreencast', { format: 'jpeg', quality: 90 });
    const pin = (to: string) =>
      page.evaluate((name) => document.querySelector<HTMLElement>(`[data-transport=${name}]`)?.click(), to);
    for (const to of ['h264', 'jpeg'] as const) {
      await pin(to);
      await untilVideo(page, to === 'h264');
      await page.waitForTimeout(800);
    }
    await session.send('Page.stopScreencast');
    expect(shots.length).toBeGreaterThan(10);
    const box = await page.locator('.pic').boundingBox();
    if (box === null) throw new Error('there is no picture');
    // The white bar of the pattern is always at the same place: the second row of the first of seven bars.
    const whites: number[] = [];
    for (const shot of shots) {
      const { width = 1 } = await sharp(shot).metadata();
      const scale = width / 1280;
      const height = box.height;
      const pictureWidth = (height * 4) / 3;
      const left = Math.round((box.x + (box.width - pictureWidth) / 2 + pictureWidth * 0.03) * scale);
      const top = Math.round((box.y + height * 0.42) * scale);
      const { channels } = await sharp(shot).extract({ left, top, width: 20, height: 10 }).stats();
      whites.push(Math.round(channels[1]?.mean ?? 0));
    }
    expect(Math.max(...whites) - Math.min(...whites), `brightness: ${whites.join()}`).toBeLessThan(12);
  });

  it('has the colours of JPEG', async () => {
    const page = await start(() => localStorage.setItem('transport', 'jpeg'));
    await untilMoving(page);
    const bars = async () =>
      sharp(await pictureDrawn(page))
        .extract({ left: 0, top: 10, ...frontSize, height: 60 })
        .png()
        .toBuffer();
    const jpeg = await bars();
    await page.evaluate(() => document.querySelector<HTMLElement>('[data-transport=h264]')?.click());
    await untilCodec(page, 'H.264');
    await untilMoving(page);
    const { mean, changed } = await comparePictures(jpeg, await bars());
    expect(mean).toBeLessThan(6);
    expect(changed).toBeLessThan(0.02);
  });

  it('reports the true latency', async () => {
    const page = await start();
    await untilCodec(page, 'H.264');
    await untilMoving(page);
    expect(Math.abs((await trueAge(page, site.server)).error)).toBeLessThan(ageTolerance);
  });

  it('changes its size in the same video', async () => {
    const page = await start();
    await untilCodec(page, 'H.264');
    await page.locator('video').evaluate((video) => video.setAttribute('data-same', ''));
    await page.getByLabel('Video size').selectOption('320');
    await eventually(() => drawnWidth(page)).toBe(320);
    await untilMoving(page);
    expect(await page.locator('video[data-same]').count()).toBe(1);
    await page.getByLabel('Video size').selectOption('source');
    await eventually(() => drawnWidth(page)).toBe(640);
    await untilMoving(page);
  });

  it('can be pinned, and the choice is remembered', async () => {
    const page = await start();
    await untilCodec(page, 'H.264');
    await wakeControls(page);
    await page.getByLabel('More').click();
    await page.getByRole('button', { name: 'JPEG' }).click();
    await untilCodec(page, 'JPEG');
    await untilMoving(page);
    expect(await page.locator('video').count()).toBe(0);
    await page.reload();
    await untilMoving(page);
    await page.waitForTimeout(2_000);
    expect(await figure(page, 'codec')).toBe('JPEG');
    await wakeControls(page);
    await page.getByLabel('More').click();
    expect(await page.getByRole('button', { name: 'JPEG' }).getAttribute('aria-pressed')).toBe('true');
    await page.getByRole('button', { name: 'Automatic' }).click();
    await untilCodec(page, 'H.264');
    await untilMoving(page);
  });

  it('plays with ManagedMediaSource only, as on iPhones', async () => {
    const page = await start(() => {
      Object.assign(globalThis, { ManagedMediaSource: MediaSource });
      Reflect.deleteProperty(globalThis, 'MediaSource');
    });
    expect(await page.evaluate(() => 'MediaSource' in globalThis)).toBe(false);
    await untilCodec(page, 'H.264');
    await untilMoving(page);
    // Without this such a source never opens.
    expect(await page.locator('video').evaluate((video: HTMLVideoElement) => video.disableRemotePlayback)).toBe(true);
  });

  it('counts drops since Start over all transports', async () => {
    const page = await start(() => localStorage.setItem('transport', 'jpeg'));
    await untilMoving(page);
    const drops = async () => Number(await figure(page, 'drops'));
    await page.evaluate(() => {
      const real = globalThis.createImageBitmap;
      Object.assign(globalThis, { mend: () => Object.assign(globalThis, { createImageBitmap: real }) });
      globalThis.createImageBitmap = () => Promise.reject(new Error('broken for a test'));
    });
    await eventually(drops).toBeGreaterThan(20);
    await page.evaluate(() => (globalThis as unknown as { mend: () => void }).mend());
    await untilMoving(page);
    const pin = (to: string) =>
      page.evaluate((name) => document.querySelector<HTMLElement>(`[data-transport=${name}]`)?.click(), to);
    for (const [to, codec] of [
      ['h264', 'H.264'],
      ['jpeg', 'JPEG'],
    ] as const) {
      const before = await drops();
      await pin(to);
      await untilCodec(page, codec);
      await untilMoving(page);
      expect(await drops()).toBeGreaterThanOrEqual(before);
      // Nor is the time without JPEG a gap in it.
      expect(await drops()).toBeLessThan(before + 20);
    }
    await page.keyboard.press(' ');
    await page.getByRole('heading', { name: 'Stream is paused.' }).waitFor();
    await page.keyboard.press(' ');
    await untilMoving(page);
    expect(await drops()).toBeLessThan(20);
  });

  it('falls back to JPEG without Media Source Extensions', async () => {
    const page = await start(() =>
      Object.assign(globalThis, { MediaSource: undefined, ManagedMediaSource: undefined }),
    );
    await untilMoving(page);
    await page.waitForTimeout(2_000);
    expect(await figure(page, 'codec')).toBe('JPEG');
    expect(await page.locator('video').count()).toBe(0);
    await wakeControls(page);
    await page.getByLabel('More').click();
    expect(await page.locator('#transports').isVisible()).toBe(false);
  });

  it('falls back to JPEG when it fails, without losing the last frame, and returns', async () => {
    const page = await start();
    await untilCodec(page, 'H.264');
    await untilMoving(page);
    await page.evaluate(() => {
      const real = Object.getOwnPropertyDescriptor(SourceBuffer.prototype, 'appendBuffer') ?? {};
      Object.assign(globalThis, {
        mend: () => Object.defineProperty(SourceBuffer.prototype, 'appendBuffer', real),
      });
      SourceBuffer.prototype.appendBuffer = () => {
        throw new DOMException('broken for a test', 'InvalidStateError');
      };
    });
    await untilCodec(page, 'JPEG');
    expect(await page.locator('.stage').getAttribute('data-state')).toBe('live');
    await untilMoving(page);
    await page.evaluate(() => (globalThis as unknown as { mend: () => void }).mend());
    await untilCodec(page, 'H.264');
    await untilMoving(page);
  });

  it('falls back to JPEG when its frames are no longer shown', async () => {
    const page = await start();
    await untilCodec(page, 'H.264');
    await page.evaluate(() => {
      // What is appended is taken and never played.
      SourceBuffer.prototype.appendBuffer = function (this: SourceBuffer) {
        setTimeout(() => this.dispatchEvent(new Event('updateend')));
      };
    });
    await untilCodec(page, 'JPEG');
    await untilMoving(page);
  });

  it('continues after the capture process is killed and after a server restart', async () => {
    const page = await start(undefined, { complaints: serverAway });
    await untilCodec(page, 'H.264');
    await untilMoving(page);
    for (const pid of captures(site.server)) process.kill(pid, 'SIGKILL');
    await page.locator('.stage:not([data-state=live])').waitFor();
    await untilMoving(page);
    await untilCodec(page, 'H.264');
    await site.restart();
    await untilMoving(page);
    await untilCodec(page, 'H.264');
    await untilMoving(page);
  });

  it('stands still behind the text after Stop, and requests nothing', async () => {
    const page = await start();
    await untilCodec(page, 'H.264');
    await untilMoving(page);
    await page.keyboard.press(' ');
    await page.getByRole('heading', { name: 'Stream is paused.' }).waitFor();
    expect(await page.locator('.picture video').count()).toBe(0);
    expect(await page.locator('.picture canvas').isVisible()).toBe(true);
    await eventually(() => viewers('h264-source')).toBe(0);
    await page.keyboard.press(' ');
    await untilMoving(page);
    await untilCodec(page, 'H.264');
  });
});
