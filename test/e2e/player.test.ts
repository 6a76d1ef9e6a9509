// The player on Porthole's own pages: zoom and pan, picture in picture, the live edge and fallbacks.
import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { readBarCode } from '../support/bar-code.ts';
import { hideTab } from '../support/hidden-tab.ts';
import { drawnWidth, numberDrawn, pictureOnScreen, untilMoving, wakeControls } from '../support/picture-on-page.ts';
import { movedAfter, recordShown } from '../support/shown-pictures.ts';
import { eventually, frontCamera, frontSize, useSite, type VisitorOptions } from '../support/site.ts';
import { viewerCounter } from '../support/viewers.ts';

const site = useSite({ args: [...frontCamera, '--camera', 'garden=test:?width=320&height=240&fps=5'] });

async function watch(options: VisitorOptions = {}, before?: () => void): Promise<Page> {
  const page = await (await site.visitor({ webRtc: false, ...options })).newPage();
  if (before !== undefined) await page.addInitScript(before);
  await page.goto('/?camera=front');
  await page.getByRole('button', { name: 'Start streaming' }).click();
  await untilMoving(page);
  return page;
}

interface Seen {
  readonly scale: number;
  /** Where the middle of the picture is, from the middle of the stage, in pixels. */
  readonly x: number;
  readonly y: number;
}

/** How the picture lies in the stage. */
function seen(page: Page): Promise<Seen> {
  return page.locator('.picture').evaluate((picture) => {
    const [inner, outer] = [
      picture.getBoundingClientRect(),
      (picture.parentElement as Element).getBoundingClientRect(),
    ];
    return {
      scale: inner.width / outer.width,
      x: inner.x + inner.width / 2 - outer.x - outer.width / 2,
      y: inner.y + inner.height / 2 - outer.y - outer.height / 2,
    };
  });
}

const scale = async (page: Page) => Math.round((await seen(page)).scale * 10) / 10;
const badge = (page: Page) => page.locator('.scale');
const transport = (page: Page) =>
  page.locator('.stage').evaluate((stage) => (stage as unknown as { currentTransport: string }).currentTransport);

async function middle(page: Page): Promise<{ readonly x: number; readonly y: number }> {
  const box = await page.locator('.stage').boundingBox();
  if (box === null) throw new Error('there is no stage');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** How many pictures the page is behind the newest one that the server has. */
async function behind(page: Page, token: string): Promise<number> {
  const drawn = await numberDrawn(page);
  const response = await fetch(`${site.server.url}/cameras/front/snapshot.jpg?token=${token}`);
  const newest = await readBarCode(Buffer.from(await response.arrayBuffer()), frontSize);
  return newest === null ? Infinity : newest - drawn;
}

describe('zoom and pan', () => {
  it('the wheel zooms at the pointer, up to eight times, and back', async () => {
    const page = await watch();
    const { x, y } = await middle(page);
    await page.mouse.move(x, y - 100);
    for (let turn = 0; turn < 5; turn += 1) await page.mouse.wheel(0, -100);
    await eventually(() => scale(page)).toBe(2.7);
    const at = await seen(page);
    // What was under the pointer still is: p * scale + offset = p.
    expect(at.x).toBeCloseTo(0, -1);
    expect(at.y).toBeCloseTo(100 * (at.scale - 1), -1);
    await badge(page).waitFor();
    for (let turn = 0; turn < 10; turn += 1) await page.mouse.wheel(0, -200);
    await eventually(() => badge(page).textContent()).toBe('8×');
    for (let turn = 0; turn < 10; turn += 1) await page.mouse.wheel(0, 200);
    await eventually(() => scale(page)).toBe(1);
    expect(await badge(page).isVisible()).toBe(false);
  });

  it('a double click zooms there and back, and the screen shows that part', async () => {
    const page = await watch({ reducedMotion: 'reduce' });
    const { x, y } = await middle(page);
    // The last but one of seven bars is red; the stage is wider than the picture.
    await page.mouse.dblclick(x + 270, y - 180);
    await eventually(() => scale(page)).toBe(2.5);
    await page.mouse.move(x + 270, y - 180);
    for (let turn = 0; turn < 8; turn += 1) await page.mouse.wheel(0, -200);
    await eventually(() => scale(page)).toBe(8);
    const clip = { x: x + 220, y: y - 200, width: 100, height: 40 };
    // What is on the screen follows the style, on a busy machine some frames later.
    const redness = async (): Promise<number> => {
      const { channels } = await sharp(await page.screenshot({ clip })).stats();
      return (channels[0]?.mean ?? 0) - (channels[2]?.mean ?? 0);
    };
    await eventually(redness).toBeGreaterThan(120);
    await page.mouse.dblclick(x, y);
    await eventually(() => scale(page)).toBe(1);
  });

  it('zoomed video can be dragged up to its edge, and stays zoomed when the transport changes', async () => {
    const page = await watch({}, () => localStorage.setItem('transport', 'jpeg'));
    const { x, y } = await middle(page);
    await page.mouse.dblclick(x, y);
    await eventually(() => scale(page)).toBe(2.5);
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + 120, y + 40, { steps: 4 });
    await page.mouse.up();
    const moved = await seen(page);
    expect([Math.round(moved.x), Math.round(moved.y)]).toEqual([120, 40]);
    for (const to of ['h264', 'jpeg']) {
      await page.evaluate((name) => document.querySelector<HTMLElement>(`[data-transport=${name}]`)?.click(), to);
      await eventually(() => transport(page)).toBe(to);
      await untilMoving(page);
      expect(await seen(page)).toEqual(moved);
    }
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + 4_000, y, { steps: 4 });
    await page.mouse.up();
    // The picture's left edge is at the stage's, or in its place where the picture is narrower.
    const edge = await page.locator('.picture').evaluate((picture) => {
      const [inner, outer] = [
        picture.getBoundingClientRect(),
        (picture.parentElement as Element).getBoundingClientRect(),
      ];
      const pictureWidth = Math.min(inner.width, (inner.height * 4) / 3);
      return inner.x + (inner.width - pictureWidth) / 2 - outer.x;
    });
    expect(Math.abs(edge)).toBeLessThan(2);
  });

  it('keys zoom and pan; arrow keys switch cameras only while not zoomed', async () => {
    const page = await watch();
    await page.keyboard.press('+');
    await page.keyboard.press('+');
    await eventually(() => scale(page)).toBeGreaterThan(2);
    await page.keyboard.press('ArrowDown');
    await eventually(async () => (await seen(page)).y).toBeLessThan(-20);
    await page.keyboard.press('ArrowRight');
    expect(new URL(page.url()).searchParams.get('camera')).toBe('front');
    await page.keyboard.press('-');
    await page.keyboard.press('0');
    await eventually(() => scale(page)).toBe(1);
    await page.keyboard.press('ArrowRight');
    await page.waitForURL(/camera=garden/);
    expect(await scale(page)).toBe(1);
  });

  it('the badge shows the zoom factor, is a large enough target and resets the zoom', async () => {
    const page = await watch();
    await page.keyboard.press('+');
    await eventually(() => badge(page).textContent()).toBe('1.5×');
    const box = await badge(page).boundingBox();
    expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(44);
    await badge(page).click();
    await eventually(() => scale(page)).toBe(1);
  });

  it('touch gestures: pinch, drag and double tap', async () => {
    const page = await watch({ viewport: { width: 390, height: 700 }, hasTouch: true, isMobile: true });
    const { x, y } = await middle(page);
    const session = await page.context().newCDPSession(page);
    // Each touch comes 20 ms after the last one by its own clock, however late a busy machine delivers it.
    let time = Date.now() / 1_000;
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...points: readonly (readonly [number, number])[]) =>
      session.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: points.map(([px, py], id) => ({ x: px, y: py, id })),
        timestamp: (time += 0.02),
      });
    await touch('touchStart', [x - 30, y], [x + 30, y]);
    for (let apart = 40; apart <= 90; apart += 10) await touch('touchMove', [x - apart, y], [x + apart, y]);
    await touch('touchEnd');
    await eventually(() => scale(page)).toBe(3);
    await touch('touchStart', [x, y]);
    for (let way = 10; way <= 50; way += 10) await touch('touchMove', [x - way, y]);
    await touch('touchEnd');
    await eventually(async () => Math.round((await seen(page)).x)).toBe(-50);
    for (const to of [1, 2.5]) {
      time += 1;
      for (const tap of [1, 2]) {
        await touch('touchStart', [x, y - 40 - tap]);
        await touch('touchEnd');
      }
      await eventually(() => scale(page)).toBe(to);
    }
  });

  it('requests a larger size while zoomed, and the chosen one again afterwards', async () => {
    const page = await watch();
    await page.getByLabel('Video size').selectOption('320');
    await eventually(() => drawnWidth(page)).toBe(320);
    const { x, y } = await middle(page);
    await page.mouse.dblclick(x, y);
    await eventually(() => drawnWidth(page)).toBe(640);
    await untilMoving(page);
    await badge(page).click();
    await eventually(() => drawnWidth(page)).toBe(320);
    await page.getByLabel('Video size').selectOption('source');
  });

  it('the wheel scrolls a scrollable page', async () => {
    const page = await watch({ viewport: { width: 800, height: 420 } });
    // On a low, wide window the page is longer than the window.
    const { x, y } = await middle(page);
    await page.mouse.move(x, y);
    await page.mouse.wheel(0, 200);
    await eventually(() => page.evaluate(() => scrollY)).toBeGreaterThan(20);
    await page.waitForTimeout(400);
    await page.mouse.wheel(0, -100);
    await page.waitForTimeout(400);
    expect(await scale(page)).toBe(1);
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, -40);
    await page.keyboard.up('Control');
    await eventually(() => scale(page)).toBeGreaterThan(1);
  });
});

describe('picture in picture', () => {
  const floating = (page: Page) => page.evaluate(() => document.pictureInPictureElement?.localName ?? null);
  const shownThere = (page: Page) =>
    page.locator('.stage').evaluate((stage) => {
      const video = stage.shadowRoot?.pictureInPictureElement as HTMLVideoElement | null | undefined;
      return video == null ? 'nothing' : video.srcObject === null ? 'h264' : 'jpeg';
    });
  const times = (page: Page) =>
    page
      .locator('.stage')
      .evaluate((stage) => (stage.shadowRoot?.pictureInPictureElement as HTMLVideoElement | null)?.currentTime ?? 0);

  async function float(page: Page): Promise<void> {
    await wakeControls(page);
    await page.getByLabel('More').click();
    await page.getByRole('button', { name: 'Picture in picture' }).click();
    await eventually(() => floating(page)).toBe('porthole-player');
  }

  it('continues in a hidden tab, and can be ended', async () => {
    const viewers = await viewerCounter(site.server);
    const page = await watch();
    await eventually(() => transport(page)).toBe('h264');
    const watched = await viewers();
    await float(page);
    await hideTab(page, true);
    await page.waitForTimeout(7_000);
    expect(await viewers()).toBe(watched);
    const time = await times(page);
    await eventually(() => times(page)).toBeGreaterThan(time);
    await page.evaluate(() => document.exitPictureInPicture());
    // Nobody sees it any more.
    await eventually(viewers).toBe(watched - 1);
    await hideTab(page, false);
    await untilMoving(page);
    expect(await page.locator('#float').getAttribute('aria-pressed')).toBe('false');
  });

  it('falls back to JPEG in a hidden tab when H.264 is stuck', async () => {
    const page = await watch();
    await eventually(() => transport(page)).toBe('h264');
    await float(page);
    await hideTab(page, true);
    await page.evaluate(() => {
      // What is appended is taken and never played.
      SourceBuffer.prototype.appendBuffer = function (this: SourceBuffer) {
        setTimeout(() => this.dispatchEvent(new Event('updateend')));
      };
    });
    await eventually(() => shownThere(page)).toBe('jpeg');
    const time = await times(page);
    await eventually(() => times(page)).toBeGreaterThan(time);
  });

  it('stays when H.264 fails and when it returns', async () => {
    const page = await watch();
    await eventually(() => transport(page)).toBe('h264');
    await float(page);
    expect(await shownThere(page)).toBe('h264');
    await page.evaluate(() => {
      const real = Object.getOwnPropertyDescriptor(SourceBuffer.prototype, 'appendBuffer') ?? {};
      Object.assign(globalThis, { mend: () => Object.defineProperty(SourceBuffer.prototype, 'appendBuffer', real) });
      SourceBuffer.prototype.appendBuffer = () => {
        throw new DOMException('broken for a test', 'InvalidStateError');
      };
    });
    await eventually(() => shownThere(page)).toBe('jpeg');
    const time = await times(page);
    await eventually(() => times(page)).toBeGreaterThan(time);
    await untilMoving(page);
    await page.evaluate(() => (globalThis as unknown as { mend: () => void }).mend());
    await eventually(() => shownThere(page)).toBe('h264');
    await untilMoving(page);
    await page.keyboard.press('p');
    await eventually(() => floating(page)).toBeNull();
    await untilMoving(page);
  });

  it('works with JPEG alone', async () => {
    const page = await watch({}, () => localStorage.setItem('transport', 'jpeg'));
    await float(page);
    await hideTab(page, true);
    const time = await times(page);
    await eventually(() => times(page)).toBeGreaterThan(time + 1);
    expect(await shownThere(page)).toBe('jpeg');
  });
});

describe('the live edge', () => {
  const transports = ['webrtc', 'h264', 'jpeg'] as const;
  /** How far behind a page at the live edge may be, in frames: a second and a half. */
  const edge = 1.5 * 15;
  let token = '';
  beforeAll(async () => {
    token = await site.server.token({ name: 'edge' });
  });

  /** A page on each transport: they wait at the same time. */
  async function watchEach(): Promise<readonly Page[]> {
    const pages: Page[] = [];
    for (const pinned of transports) {
      const page = await watch({ webRtc: true });
      await page.evaluate((name) => document.querySelector<HTMLElement>(`[data-transport=${name}]`)?.click(), pinned);
      await eventually(() => transport(page)).toBe(pinned);
      await untilMoving(page);
      await page.evaluate(() => Object.assign(globalThis, { sameDocument: true }));
      pages.push(page);
    }
    return pages;
  }

  /** Stops each page for a while; then each continues in time, at the live edge and in the same document. */
  async function expectToContinue(pages: readonly Page[], stopped: () => Promise<void>): Promise<void> {
    const records = await Promise.all(pages.map(recordShown));
    await stopped();
    const since = Date.now();
    const problems: string[] = [];
    for (const [index, page] of pages.entries()) {
      const which = transports[index];
      const moved = async () => movedAfter((await records[index]?.()) ?? [], since);
      await eventually(moved, `${which}: milliseconds until it moved`).toBeLessThan(5_000);
      await eventually(() => behind(page, token), `${which}: frames behind`).toBeLessThan(edge);
      await untilMoving(page);
      await eventually(() => behind(page, token), `${which}: frames behind, later`).toBeLessThan(edge);
      if (!(await page.evaluate(() => 'sameDocument' in globalThis))) problems.push(`${which} was loaded again`);
    }
    expect(problems).toEqual([]);
  }

  it('tabs that the browser froze continue with the newest frame, on each transport', async () => {
    const pages = await watchEach();
    const sessions = await Promise.all(pages.map((page) => page.context().newCDPSession(page)));
    const becomes = (state: 'frozen' | 'active') =>
      Promise.all(sessions.map((session) => session.send('Page.setWebLifecycleState', { state })));
    await expectToContinue(pages, async () => {
      await becomes('frozen');
      await delay(12_000);
      await becomes('active');
    });
  });

  it('a machine that slept continues with the newest frame, on each transport', async () => {
    const pages = await watchEach();
    const session = await site.browser.newBrowserCDPSession();
    await expectToContinue(pages, async () => {
      const { processInfo } = await session.send('SystemInfo.getProcessInfo');
      const renderers = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
      expect(renderers.length).toBeGreaterThan(0);
      for (const pid of renderers) process.kill(pid, 'SIGSTOP');
      await delay(15_000);
      for (const pid of renderers) process.kill(pid, 'SIGCONT');
    });
  });

  it('a hidden tab requests nothing', async () => {
    const viewers = await viewerCounter(site.server);
    const before = await viewers();
    const page = await watch();
    await eventually(() => transport(page)).toBe('h264');
    await hideTab(page, true);
    await eventually(viewers).toBe(before);
    await hideTab(page, false);
    await untilMoving(page);
    await eventually(() => transport(page)).toBe('h264');
  });
});

describe('fallbacks', () => {
  it('H.264, when no JPEG can be decoded', async () => {
    const page = await (await site.visitor({ webRtc: false })).newPage();
    await page.addInitScript(() => {
      globalThis.createImageBitmap = () => Promise.reject(new Error('broken for a test'));
    });
    await page.goto('/?camera=front');
    await page.getByRole('button', { name: 'Start streaming' }).click();
    await eventually(() => transport(page)).toBe('h264');
    await untilMoving(page);
  });

  it('a plain image, when a proxy blocks WebSockets', async () => {
    const viewers = await viewerCounter(site.server);
    await eventually(viewers).toBe(0);
    const before = await viewers();
    const page = await (await site.visitor({ complaints: /WebSocket/ })).newPage();
    await page.addInitScript(() => {
      globalThis.WebSocket = class extends WebSocket {
        constructor(url: string | URL) {
          super(String(url).replace('/live', '/no-socket-here'));
        }
      };
    });
    await page.goto('/?figures');
    await page.getByRole('button', { name: 'Start streaming' }).click();
    await page.locator('.stage[data-state=live]').waitFor();
    const figure = (name: string) => page.locator(`[data-figure=${name}]`).textContent();
    await eventually(() => figure('transport')).toBe('MJPEG over HTTP');
    // Of what the browser takes for an image, no more than its size is known.
    await eventually(() => figure('size')).toBe('640\u00a0×\u00a0480');
    for (const name of ['fps', 'age', 'bitrate', 'drops']) expect(await figure(name)).toBe('–');
    await page.keyboard.press('i');
    const untilImageMoves = async () => {
      const first = await pictureOnScreen(page);
      await eventually(async () => (await pictureOnScreen(page)).equals(first)).toBe(false);
    };
    await untilImageMoves();
    // A tab that nobody sees asks for no image either.
    await hideTab(page, true);
    await eventually(viewers).toBe(before);
    await hideTab(page, false);
    await eventually(viewers).toBe(before + 1);
    const width = () => page.locator('img.feed').evaluate((image: HTMLImageElement) => image.naturalWidth);
    await eventually(width).toBe(640);
    await untilImageMoves();
  });
});
