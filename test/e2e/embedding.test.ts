// <porthole-player> on another site's page.
import { readFile } from 'node:fs/promises';
import type { Page, WebSocket } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startOtherSite } from '../support/other-site.ts';
import { drawnWidth, pictureDrawn, untilMoving } from '../support/picture-on-page.ts';
import { comparePictures } from '../support/pictures.ts';
import { eventually, useSite, type VisitorOptions } from '../support/site.ts';
import { viewerCounter } from '../support/viewers.ts';

const site = useSite();

interface Embed extends VisitorOptions {
  /** What stands in the page's body; `TOKEN` is replaced. */
  readonly body: string;
  readonly allowed?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Opens a page of another origin that loads the player's script. */
async function embed({ body, allowed = true, headers = {}, ...visit }: Embed): Promise<{ page: Page; token: string }> {
  const token = await site.server.token({ name: `embed ${Math.random()}` });
  const other = await startOtherSite(
    `<!doctype html><meta charset=utf-8><title>Elsewhere</title>
    <style>body { margin: 0 } porthole-player { width: 640px; height: 360px } button { display: none !important }</style>
    <script type=module src="${site.server.url}/player.js"></script>${body.replaceAll('TOKEN', token)}`,
    headers,
  );
  onTestFinished(() => other[Symbol.asyncDispose]());
  const origin = other.origin.replace('127.0.0.1', 'localhost');
  const admin = await site.server.signIn();
  const response = await admin.send('PUT', '/api/settings', { origins: allowed ? [origin] : [] });
  expect(response.status).toBe(200);
  const page = await (await site.visitor({ user: null, webRtc: false, ...visit })).newPage();
  await page.goto(origin);
  return { page, token };
}

const player = 'porthole-player';
const words = (page: Page) => page.locator('.words b');
const refused = /status of 40[13]|WebSocket connection to|blocked by CORS policy|ERR_FAILED/;

describe("Porthole's page in a frame of another origin", () => {
  it.each([
    ['is shown if the site is listed', true],
    ['is refused if it is not', false],
  ])('%s', async (_, allowed) => {
    const { page } = await embed({ body: '', allowed, complaints: /frame-ancestors|autofocusing/ });
    await page.evaluate((url) => {
      const frame = document.createElement('iframe');
      frame.src = url;
      document.body.append(frame);
    }, `${site.server.url}/login`);
    const form = page.frameLocator('iframe').locator('input[type=password]');
    if (allowed) await form.waitFor();
    else {
      await page.waitForFunction(() => window.frames.length === 1);
      // The refused frame contains the browser's own error page.
      await eventually(() => page.frames()[1]?.url()).toMatch(/^chrome-error:/);
      expect(await form.count()).toBe(0);
    }
  });
});

describe('<porthole-player> in a page of another origin', () => {
  it('shows the picture with a token, moves, and is not touched by that page’s styles', async () => {
    const { page } = await embed({ body: '<porthole-player camera=front token=TOKEN controls></porthole-player>' });
    await untilMoving(page, player);
    const first = await pictureDrawn(page, player);
    await eventually(
      async () => (await comparePictures(first, await pictureDrawn(page, player))).changed,
    ).toBeGreaterThan(0.02);
    // As many pixels as there is room for: 480 of them for a picture of 4:3 in 640 × 360.
    await eventually(() => drawnWidth(page, player)).toBe(480);
    expect(await page.locator(`${player} .bar button`).first().isVisible()).toBe(true);
    expect(await page.locator(player).evaluate((element) => element.clientHeight)).toBe(360);
  });

  it('works under a strict content security policy', async () => {
    const server = site.server.url;
    const { page } = await embed({
      body: '<porthole-player camera=front token=TOKEN controls></porthole-player>',
      headers: {
        'content-security-policy': `default-src 'none'; script-src ${server}; style-src 'unsafe-inline'; media-src blob:; connect-src ${server} ${server.replace('http', 'ws')}`,
      },
    });
    await untilMoving(page, player);
    await eventually(() => page.locator(player).evaluate(transportOf)).toBe('h264');
    await untilMoving(page, player);
  });

  it('starts when it is given its camera, also after it stood in the page, and once more', async () => {
    const { page } = await embed({ body: '<porthole-player token=TOKEN></porthole-player>' });
    const element = page.locator(player);
    await element.evaluate((it) => it.setAttribute('camera', 'front'));
    await untilMoving(page, player);
    await element.evaluate((it) => it.removeAttribute('camera'));
    await element.evaluate((it) => it.setAttribute('camera', 'front'));
    await untilMoving(page, player);
  });

  it('shows the camera in the card for Home Assistant, as documented', async () => {
    const docs = await readFile(new URL('../../docs/other-programs.md', import.meta.url), 'utf8');
    const card = /```js\n(import 'http:\/\/HOST\/player.js'[^]*?)```/.exec(docs)?.[1] ?? '';
    // The documented address is without TLS, and so is the test's server.
    const script = card.replace('http://HOST', site.server.url);
    const { page } = await embed({
      body: `<script type=module>${script}
        const card = document.createElement('porthole-card');
        card.setConfig({ type: 'custom:porthole-card', camera: 'front', token: 'TOKEN' });
        document.body.append(card);</script>`,
    });
    await untilMoving(page, player);
  });

  it('comes by WebRTC as well', async () => {
    const { page } = await embed({
      body: '<porthole-player camera=front token=TOKEN transport=webrtc></porthole-player>',
      webRtc: true,
    });
    await eventually(() => page.locator(player).evaluate(transportOf)).toBe('webrtc');
    await untilMoving(page, player);
  });

  it('says in words why there is nothing: no token, no such camera, a site that is not allowed', async () => {
    const { page } = await embed({
      body: '<porthole-player camera=front></porthole-player>',
      complaints: refused,
    });
    await eventually(() => words(page).textContent()).toBe('No access');
    await page.locator(player).evaluate((element) => element.setAttribute('camera', 'nowhere'));
    const { page: wrong } = await embed({ body: '<porthole-player camera=nowhere token=TOKEN></porthole-player>' });
    await eventually(() => words(wrong).textContent()).toBe('Camera not found');
    const { page: foreign } = await embed({
      body: '<porthole-player camera=front token=TOKEN></porthole-player>',
      allowed: false,
      complaints: refused,
    });
    await eventually(() => words(foreign).textContent()).toBe('Not allowed on this site');
  });

  it('ends with its token, and shows nothing more', async () => {
    const { page } = await embed({
      body: '<porthole-player camera=front token=TOKEN></porthole-player>',
      complaints: refused,
    });
    await untilMoving(page, player);
    const admin = await site.server.signIn();
    const tokens = await admin.json<{ id: string; name: string }[]>('/api/tokens');
    for (const { id, name } of tokens) {
      if (name.startsWith('embed')) expect((await admin.send('DELETE', `/api/tokens/${id}`)).status).toBeLessThan(300);
    }
    await eventually(() => words(page).textContent()).toBe('No access');
    expect(await page.locator(`${player} canvas`).isVisible()).toBe(false);
    expect(
      await page.locator(player).evaluate((element) => (element as unknown as { state: object }).state),
    ).toMatchObject({ kind: 'refused' });
  });

  it('never counts as the person whose browser it is', async () => {
    // The admin's own cookies, in a page of the same site but another origin: they would be sent along.
    const admin = await site.visitor({ complaints: refused });
    const other = await startOtherSite(
      `<!doctype html><title>Elsewhere</title><script type=module src="${site.server.url}/player.js"></script>
      <porthole-player camera=front style="width: 640px; height: 360px"></porthole-player>`,
    );
    onTestFinished(() => other[Symbol.asyncDispose]());
    const client = await site.server.signIn();
    await client.send('PUT', '/api/settings', { origins: [other.origin] });
    const page = await admin.newPage();
    await page.goto(other.origin);
    await eventually(() => words(page).textContent()).toBe('No access');
  });

  it('leaves no viewer and no socket behind when it is removed, and comes back when it is put in again', async () => {
    const viewers = await viewerCounter(site.server);
    const before = await viewers();
    const { page } = await embed({ body: '<porthole-player camera=front token=TOKEN></porthole-player><main></main>' });
    const sockets: WebSocket[] = [];
    const url = page.url();
    await page.goto('about:blank');
    page.on('websocket', (socket) => sockets.push(socket));
    const open = () => sockets.filter((socket) => !socket.isClosed()).length;
    await page.goto(url);
    await untilMoving(page, player);
    await eventually(() => page.locator(player).evaluate(transportOf)).toBe('h264');
    expect(open()).toBe(1);
    await page.evaluate(() => {
      const element = document.querySelector('porthole-player');
      Object.assign(globalThis, { kept: element });
      element?.remove();
    });
    await eventually(open).toBe(0);
    await eventually(viewers).toBe(before);
    await page.evaluate(() => document.body.append((globalThis as unknown as { kept: Element }).kept));
    await untilMoving(page, player);
    expect(open()).toBe(1);
  });

  it('goes on without a new connection when it is moved', async () => {
    const { page } = await embed({ body: '<porthole-player camera=front token=TOKEN></porthole-player><main></main>' });
    await untilMoving(page, player);
    let opened = 0;
    page.on('websocket', () => (opened += 1));
    const states = await page.evaluate(async () => {
      const element = document.querySelector('porthole-player') as HTMLElement;
      const seen: string[] = [];
      element.addEventListener('statechange', (event) =>
        seen.push((event as CustomEvent<{ kind: string }>).detail.kind),
      );
      document.querySelector('main')?.append(element);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      return seen;
    });
    expect([opened, states.filter((each) => each !== 'live')]).toEqual([0, []]);
    await untilMoving(page, player);
  });

  it('several share one socket, even of one camera in one size', async () => {
    const one = '<porthole-player camera=front token=TOKEN transport=jpeg></porthole-player>';
    const { page } = await embed({ body: '' });
    let opened = 0;
    page.on('websocket', () => (opened += 1));
    const token = await site.server.token({ name: 'several' });
    await page.evaluate((html) => (document.body.innerHTML = html), one.repeat(3).replaceAll('TOKEN', token));
    const nth = (index: number) => `${player}:nth-of-type(${index})`;
    for (const index of [1, 2, 3]) await untilMoving(page, nth(index));
    await page.evaluate(() => {
      for (const each of document.querySelectorAll('porthole-player')) each.setAttribute('transport', 'h264');
    });
    for (const index of [1, 2, 3]) {
      await eventually(() => page.locator(nth(index)).evaluate(transportOf)).toBe('h264');
      await untilMoving(page, nth(index));
    }
    expect(opened).toBe(1);
  });

  it('asks for its camera once when it is put in with all its attributes', async () => {
    const token = await site.server.token({ name: 'once' });
    const one = `<porthole-player camera=front label=Door token=${token} width=160 transport=jpeg></porthole-player>`;
    const { page } = await embed({ body: '' });
    const sent: { readonly type: string; readonly view?: number }[] = [];
    page.on('websocket', (socket) =>
      socket.on('framesent', ({ payload }) => void sent.push(JSON.parse(String(payload)) as (typeof sent)[number])),
    );
    await page.evaluate((html) => (document.body.innerHTML = html), one);
    await untilMoving(page, player);
    // The connection is open by now, so that nothing it is asked for is left out.
    sent.length = 0;
    await page.evaluate((html) => document.body.insertAdjacentHTML('beforeend', html), one);
    await untilMoving(page, `${player}:nth-of-type(2)`);
    expect(sent.filter(({ type }) => type === 'unwatch')).toEqual([]);
    expect(new Set(sent.filter(({ type }) => type === 'watch').map(({ view }) => view)).size).toBe(1);
  });

  it('starts and stops by property, attribute, button and key, and fires events', async () => {
    const { page } = await embed({
      body: '<porthole-player camera=front token=TOKEN controls paused></porthole-player>',
    });
    await eventually(() => words(page).textContent()).toBe('Stream is paused.');
    await page.evaluate(() => {
      const element = document.querySelector('porthole-player') as HTMLElement & { paused: boolean };
      const seen: unknown[] = [];
      Object.assign(globalThis, { seen });
      element.addEventListener('statechange', (event) =>
        seen.push((event as CustomEvent<{ kind: string }>).detail.kind),
      );
      element.addEventListener('figures', (event) => {
        const { fps, age, width } = (event as CustomEvent<{ fps: number; age: number | null; width: number }>).detail;
        Object.assign(globalThis, { stats: { fps, age, width } });
      });
      element.paused = false;
    });
    await untilMoving(page, player);
    const stats = () =>
      page.evaluate(() => (globalThis as unknown as { stats: { fps: number; age: number; width: number } }).stats);
    await eventually(async () => (await stats()).fps).toBeGreaterThan(3);
    await eventually(async () => (await stats()).age).toBeGreaterThan(0);
    const documented = await page.locator(player).evaluate((element) => {
      const { figures, stats } = element as unknown as { figures: { fps: number }; stats: { fps: number } };
      return [typeof figures.fps, typeof stats.fps];
    });
    expect(documented).toEqual(['number', 'number']);
    await page.locator(`${player} .frame`).focus();
    await page.keyboard.press(' ');
    await eventually(() => words(page).textContent()).toBe('Stream is paused.');
    expect(await page.locator(player).getAttribute('paused')).toBe('');
    await page.locator(`${player} .words button`).click();
    await untilMoving(page, player);
    const seen = await page.evaluate(() => (globalThis as unknown as { seen: string[] }).seen);
    expect(new Set(seen)).toEqual(new Set(['starting', 'live', 'paused']));
  });

  it('saves the picture that is shown', async () => {
    const { page } = await embed({ body: '<porthole-player camera=front token=TOKEN controls></porthole-player>' });
    await untilMoving(page, player);
    await page.locator(`${player} .frame`).focus();
    const [saved] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('s')]);
    expect(saved.suggestedFilename()).toMatch(/^front 20.*\.jpg$/);
  });
});

function transportOf(element: Element): string {
  return (element as Element & { readonly currentTransport: string }).currentTransport;
}
