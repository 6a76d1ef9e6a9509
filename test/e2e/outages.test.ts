// Recovery times after an outage, without a reload: live within 3 s, on the best transport within 15 s.
import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { hideTab } from '../support/hidden-tab.ts';
import { lineBefore, type LossyUdp, useLine } from '../support/lossy-udp.ts';
import { untilMoving } from '../support/picture-on-page.ts';
import { movedAfter, recordShown, type Shown, waysOf } from '../support/shown-pictures.ts';
import { eventually, frontCamera, useSite, type VisitorOptions } from '../support/site.ts';
import { watchTimes } from '../support/true-age.ts';
import { viewerCounter } from '../support/viewers.ts';
import { captures } from '../support/watching.ts';

const site = useSite({ args: [...frontCamera, '--camera', 'fast=test:?width=640&height=480&fps=30'] });

/** How long the picture may stand still, and until it comes the best way again, in milliseconds. */
const bars = { live: 3_000, way: 15_000 } as const;

const transport = (page: Page) =>
  page.locator('.stage').evaluate((stage) => (stage as unknown as { currentTransport: string }).currentTransport);

/** A page that shows a camera by WebRTC, perhaps over a line of its own. */
async function watch(line?: LossyUdp, camera = 'front', options: VisitorOptions = {}): Promise<Page> {
  const visitor = await site.visitor(options);
  if (line !== undefined) await useLine(visitor, line);
  const page = await visitor.newPage();
  await page.goto(`/?camera=${camera}`);
  await page.getByRole('button', { name: 'Start streaming' }).click();
  await eventually(() => transport(page)).toBe('webrtc');
  // Proof, later, that this page was not loaded again.
  await page.evaluate(() => Object.assign(globalThis, { sameDocument: true }));
  return page;
}

/** Since when the camera is live, as the page was told, after it was not; null while it is not. */
function liveSince(log: readonly Shown[]): number | null {
  const lost = log.findLastIndex(({ camera }) => camera !== 'live');
  return lost === -1 ? null : (log[lost + 1]?.at ?? null);
}

/** How long it took until the picture came by WebRTC again, and by nothing else since. */
function webRtcAfter(log: readonly Shown[], since: number): number {
  const last = log.findLastIndex(({ transport }) => transport !== 'webrtc');
  const from = log[last + 1]?.at;
  return from === undefined ? Infinity : Math.max(0, from - since);
}

/** Holds a page to both bars. */
async function expectBack(page: Page, shown: () => Promise<readonly Shown[]>, since: number): Promise<void> {
  await eventually(async () => movedAfter(await shown(), since), 'milliseconds until it moved').toBeLessThan(bars.live);
  await eventually(async () => webRtcAfter(await shown(), since), 'milliseconds until WebRTC').toBeLessThan(bars.way);
  await untilMoving(page);
  expect(await page.evaluate(() => 'sameDocument' in globalThis)).toBe(true);
}

/** A tab that a test hides, and a later one shows again: meanwhile it leaves the machine to the tests in between. */
interface HiddenTab {
  readonly page: Page;
  readonly shown: () => Promise<readonly Shown[]>;
  /** In milliseconds of `performance.now()`. */
  readonly since: number;
}

describe('live within 3 s and on WebRTC within 15 s after', () => {
  let hidden: HiddenTab;

  it('a tab that is hidden soon watches nothing, and is frozen', async () => {
    const viewers = await viewerCounter(site.server);
    const page = await watch(undefined, 'front', { stays: true });
    const shown = await recordShown(page);
    const since = performance.now();
    expect(await viewers()).toBeGreaterThan(0);
    await hideTab(page, true);
    await eventually(viewers).toBe(0);
    const session = await page.context().newCDPSession(page);
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
    hidden = { page, shown, since };
  });

  it.each([
    ['at once', 0],
    ['after seven seconds', 7_000],
  ])('a killed capture being back %s; that is not held against the way', async (_, away) => {
    const page = await watch();
    const shown = await recordShown(page);
    const started = performance.now();
    const killed = new Set<number>();
    do {
      for (const pid of captures(site.server)) {
        killed.add(pid);
        process.kill(pid, 'SIGKILL');
      }
      await delay(50);
    } while (performance.now() - started < away);
    await eventually(async () => liveSince(await shown())).not.toBeNull();
    await expectBack(page, shown, liveSince(await shown()) as number);
    await page.waitForTimeout(3_000);
    expect(waysOf(await shown())).toEqual(['webrtc']);
    expect(killed.size).toBeGreaterThan(away === 0 ? 0 : 1);
  });

  it('twenty seconds of 5 % packet loss, while the UDP of another page is blocked, and then unblocked', async () => {
    await using lossyLine = await lineBefore(site);
    await using blockedLine = await lineBefore(site);
    const lossy = await watch(lossyLine, 'fast');
    const blocked = await watch(blockedLine);
    const [lossyShown, blockedShown] = [await recordShown(lossy), await recordShown(blocked)];
    let tries = 0;
    blocked.on('request', (request) => {
      if (request.method() === 'POST' && /\/whep(\?|$)/.test(request.url())) tries += 1;
    });
    blockedLine.loss = 1;
    lossyLine.loss = 0.05;
    await delay(20_000);
    // A busy machine sends fewer packets.
    await eventually(() => lossyLine.lost).toBeGreaterThan(20);
    lossyLine.loss = 0;
    const ended = Date.now();
    await expectBack(lossy, lossyShown, ended);
    await lossy.close();

    await eventually(() => transport(blocked)).toBe('h264');
    await untilMoving(blocked);
    // The third try comes after the longest wait between tries.
    await expect.poll(() => tries, { timeout: 60_000 }).toBeGreaterThanOrEqual(3);
    blockedLine.loss = 0;
    await expectBack(blocked, blockedShown, Date.now());
  });

  it('the device slept with the page visible', async () => {
    await using line = await lineBefore(site);
    const page = await watch(line);
    const shown = await recordShown(page);
    const session = await site.browser.newBrowserCDPSession();
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    const renderers = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
    expect(renderers.length).toBeGreaterThan(0);
    for (const pid of renderers) process.kill(pid, 'SIGSTOP');
    // Nothing reaches a machine that sleeps, and nobody tells it later what has ended meanwhile.
    line.loss = 1;
    await delay(20_000);
    line.loss = 0;
    const since = Date.now();
    for (const pid of renderers) process.kill(pid, 'SIGCONT');
    await expectBack(page, shown, since);
  });

  it('a tab that was hidden for a minute is shown again, at the live edge', async () => {
    const { page, shown, since: hiddenSince } = hidden;
    await delay(Math.max(0, hiddenSince + 60_000 - performance.now()));
    await using times = await watchTimes(site.server);
    const session = await page.context().newCDPSession(page);
    await session.send('Page.setWebLifecycleState', { state: 'active' });
    const since = Date.now();
    await hideTab(page, false);
    await expectBack(page, shown, since);
    const moved = since + movedAfter(await shown(), since);
    const known = async () =>
      (await shown())
        .filter(({ at, number }) => at >= moved && number !== null && times.has(number))
        .map(({ at, number }) => ({ at, captured: times.get(number ?? -1) ?? -Infinity }));
    const behind = async (): Promise<number> => {
      const last = (await known()).slice(-10).map(({ at, captured }) => at - captured);
      return last.length < 10 ? Infinity : Math.max(...last);
    };
    await eventually(behind, 'milliseconds behind').toBeLessThan(1_000);
    const first = Math.min(...(await known()).map(({ captured }) => captured));
    expect(first - since, 'milliseconds from the return to the oldest frame shown after it').toBeGreaterThan(-1_000);
  });
});
