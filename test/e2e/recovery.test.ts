// The video recovers automatically when something behind it fails.
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { numberDrawn, untilMoving, wakeControls } from '../support/picture-on-page.ts';
import { hideTab } from '../support/hidden-tab.ts';
import { startNetwork } from '../support/network.ts';
import { eventually, serverAway, useSite, type VisitorOptions } from '../support/site.ts';
import { captures } from '../support/watching.ts';

// Playwright turns the back/forward cache off; these tests need it.
const site = useSite(undefined, { ignoreDefaultArgs: ['--disable-back-forward-cache'] });

async function watch(options: VisitorOptions = {}): Promise<Page> {
  const page = await site.open('/', options);
  await page.getByRole('button', { name: 'Start streaming' }).click();
  await untilMoving(page);
  // Proof, later, that this page was not loaded again.
  await page.evaluate(() => Object.assign(globalThis, { sameDocument: true }));
  return page;
}

const isSameDocument = (page: Page) => page.evaluate(() => 'sameDocument' in globalThis);

describe('the picture', () => {
  it('moves again after the capture process is killed, without a reload or sign-in', async () => {
    const page = await watch();
    const [killed] = captures(site.server);
    if (killed === undefined) throw new Error('no capture process runs');
    process.kill(killed, 'SIGKILL');
    await eventually(() => captures(site.server).filter((pid) => pid !== killed).length).toBe(1);
    await untilMoving(page);
    expect(await isSameDocument(page)).toBe(true);
    expect(new URL(page.url()).pathname).toBe('/');
  });

  it('says that the server is unreachable, and moves again when it returns', async () => {
    const page = await watch({ complaints: serverAway });
    await site.restart(() => page.getByRole('heading', { name: 'No connection to Porthole' }).waitFor());
    await untilMoving(page);
    expect(await isSameDocument(page)).toBe(true);
    // The forms work as well: their codes outlive the server.
    await wakeControls(page);
    await page.locator('form.stop button').click();
    await page.getByRole('heading', { name: 'Stream is paused.' }).waitFor();
  });

  it('says that there is no connection, and moves again when it returns', async () => {
    await using network = await startNetwork(site.server.url);
    const page = await watch({ baseURL: network.url, complaints: serverAway });
    await page.context().setOffline(true);
    network.cut();
    await page.getByRole('heading', { name: 'No connection to Porthole' }).waitFor();
    expect(await page.locator('.chip-word').textContent()).toBe('Offline');
    network.mend();
    await page.context().setOffline(false);
    await untilMoving(page);
    expect(await isSameDocument(page)).toBe(true);
  });

  it('says for how long no frame has arrived, and continues with the newest', async () => {
    await using network = await startNetwork(site.server.url);
    // WebRTC would find another way.
    const page = await watch({ baseURL: network.url, webRtc: false });
    await page.locator('#figures > summary').click();
    network.hush();
    await page.locator('.stage[data-state=waiting]').waitFor();
    expect(await page.locator('.chip').textContent()).toMatch(/^Waiting.*no frames for \d+\u00a0s$/);
    network.mend();
    await untilMoving(page);
    await eventually(() => page.locator('[data-figure=age]').textContent()).toMatch(/^\d+\u00a0ms$/);
  });

  it('shows an error when Stop cannot reach the server', async () => {
    const page = await watch({ complaints: serverAway });
    await page.context().setOffline(true);
    await wakeControls(page);
    await page.locator('form.stop button').click();
    await page.getByText('Porthole is not responding.').waitFor();
    await page.context().setOffline(false);
    await untilMoving(page);
    await wakeControls(page);
    await page.locator('form.stop button').click();
    await page.getByRole('heading', { name: 'Stream is paused.' }).waitFor();
  });

  it('moves again after Back', async () => {
    const page = await watch();
    await page.goto('/account');
    await page.goBack();
    await untilMoving(page);
    await page.goForward();
    await page.waitForURL('/account');
    await page.goBack();
    await untilMoving(page);
  });

  it('moves again from the back/forward cache', async () => {
    // Chromium keeps no page that may not be stored; other browsers do. So that it does here, too:
    await using network = await startNetwork(site.server.url, (bytes) =>
      bytes.includes('text/html')
        ? Buffer.from(bytes.toString('latin1').replace('no-store', 'no-cache'), 'latin1')
        : bytes,
    );
    // Chromium keeps no page that has used WebRTC; such a page is loaded again. The network ends before the page does.
    const page = await watch({ baseURL: network.url, webRtc: false, complaints: serverAway });
    await page.evaluate(() => {
      addEventListener('pageshow', (event) => Object.assign(globalThis, { persisted: event.persisted }));
    });
    await page.goto('/account');
    await page.goBack({ waitUntil: 'commit' });
    await eventually(() => page.evaluate(() => (globalThis as { persisted?: boolean }).persisted)).toBe(true);
    await untilMoving(page);
    // It can also be left a second time, and stopped.
    await page.goForward({ waitUntil: 'commit' });
    await page.goBack({ waitUntil: 'commit' });
    await untilMoving(page);
    await wakeControls(page);
    await page.locator('form.stop button').click();
    await page.getByRole('heading', { name: 'Stream is paused.' }).waitFor();
  });

  it('continues at the live edge when a hidden tab is shown again', async () => {
    const page = await watch();
    const viewers = async () => {
      const client = await site.server.signIn();
      const text = await (await client.request('/metrics')).text();
      return [...text.matchAll(/^porthole_\w*viewers\{.*\} (\d+)$/gm)].reduce(
        (sum, match) => sum + Number(match[1]),
        0,
      );
    };
    const watched = await viewers();
    expect(watched).toBeGreaterThan(0);
    await hideTab(page, true);
    // A tab that nobody sees asks for no pictures after a while.
    await eventually(viewers).toBe(watched - 1);
    const left = await numberDrawn(page);
    await hideTab(page, false);
    await untilMoving(page);
    // Nothing of what came meanwhile is played late: the next picture is from now.
    const age = () => page.locator('[data-figure=age]').textContent();
    await page.keyboard.press('i');
    await eventually(age).toMatch(/^\d+\u00a0ms$/);
    expect(await numberDrawn(page)).toBeGreaterThan(left);
  });
});

describe('a camera that an admin switches off', () => {
  it('is reported on every open page, and returns when switched on', async () => {
    const [page, settings] = [await watch(), await site.open('/settings')];
    const power = settings.getByRole('switch', { name: 'front on' });
    await power.click();
    await settings.getByText('Camera “front” switched off.').waitFor();
    await page.getByRole('heading', { name: 'Camera is off' }).waitFor();
    expect(await page.locator('.over-text').textContent()).toContain('switched off in Settings');
    expect(await page.getByRole('button', { name: 'Capture' }).isDisabled()).toBe(true);
    expect(await page.locator('.picture canvas').isVisible()).toBe(false);
    expect(await page.locator('.tabs [data-camera=front] .state').textContent()).toBe('Off');
    await eventually(() => captures(site.server)).toEqual([]);
    await power.click();
    await settings.getByText('Camera “front” switched on.').waitFor();
    await untilMoving(page);
    expect(await isSameDocument(page)).toBe(true);
  });
});
