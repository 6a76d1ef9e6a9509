// What a page waits for before its first frame, with cold caches and closed cameras.
import type { CDPSession, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { eventually, useSite } from '../support/site.ts';

const names = ['front', 'garden', 'hall', 'door', 'yard', 'cat'];
const site = useSite({
  args: [...names.flatMap((name) => ['--camera', `${name}=test:?width=640&height=480&fps=15`]), '--grace', '0.2'],
});

interface Asked {
  readonly path: string;
  /** `parser` for what the document names, `script` for what had to wait for a script. */
  readonly by: string;
}

/** Files and requests of WebRTC and H.264. */
const better = /webrtc-player|mse-player|\/whep/;

/** The state of every camera, as a program sees it. */
async function states(): Promise<readonly string[]> {
  const client = await site.server.signIn();
  const cameras = await client.json<readonly { state: { kind: string } }[]>('/api/cameras');
  return cameras.map(({ state }) => state.kind);
}

/** A page of somebody who was watching these cameras, with nothing in the browser's caches, and all cameras closed. */
async function watcher(cameras: readonly string[]): Promise<{ page: Page; cdp: CDPSession }> {
  const visitor = await site.visitor();
  const page = await visitor.newPage();
  await page.goto('/account');
  const csrf = await page.locator('meta[name=csrf]').getAttribute('content');
  const headers = { 'x-csrf-token': csrf ?? '' };
  await visitor.request.patch('/api/watching', { headers, data: { cameras, streaming: true } });
  await page.goto('about:blank');
  await eventually(states).toEqual(names.map(() => 'closed'));
  const cdp = await visitor.newCDPSession(page);
  await cdp.send('Network.enable');
  await cdp.send('Network.clearBrowserCache');
  return { page, cdp };
}

/** Opens a page and collects its requests until all of these cameras have shown a frame. */
async function open({ page, cdp }: { page: Page; cdp: CDPSession }, path: string, cameras: number) {
  const asked: Asked[] = [];
  let sockets = 0;
  cdp.on('Network.requestWillBeSent', ({ request, initiator }) => {
    asked.push({ path: new URL(request.url).pathname, by: initiator.type });
  });
  cdp.on('Network.webSocketCreated', () => (sockets += 1));
  await page.goto(path, { waitUntil: 'commit' });
  await eventually(() => page.locator('.stage[data-state=live]').count()).toBe(cameras);
  return { asked: [...asked], sockets };
}

describe('the first frame', () => {
  it.each([
    ['/?camera=front', ['front']],
    ['/', names],
  ])('of %s waits for the page, then for its files at once, and then for one socket', async (path, cameras) => {
    const visited = await watcher(cameras);
    // Better transports start behind the first one: nothing waits for them.
    await visited.page.route(better, () => undefined);
    const { asked, sockets } = await open(visited, path, cameras.length);
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.filter(({ path: file, by }) => by === 'script' && !better.test(file))).toEqual([]);
    expect(sockets).toBe(1);
  });
});
