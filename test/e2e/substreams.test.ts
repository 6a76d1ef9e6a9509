// A network camera with a sub-stream: the form that adds it, and the grid, which needs nothing else.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityViolations } from '../support/browser.ts';
import { lacks } from '../support/programs.ts';
import { type RtspServer, startRtspServer } from '../support/rtsp-server.ts';
import { frontCamera, useSite } from '../support/site.ts';

describe.skipIf(lacks('python3 with GstRtspServer'))('a camera with a sub-stream', () => {
  const site = useSite({ args: [...frontCamera, '--allow-addresses', '127.0.0.1', '--grace', '1'] });
  let main: RtspServer;
  let sub: RtspServer;
  beforeAll(async () => {
    [main, sub] = await Promise.all([startRtspServer({ width: 960, height: 540 }), startRtspServer()]);
  });
  afterAll(() => Promise.all([main.stop(), sub.stop()]));

  const opened = () =>
    site.server.log.flatMap(({ msg, stream }) => (msg?.includes('capture started') && stream ? [stream] : []));

  it('is tested and added with both addresses', async () => {
    const page = await site.open('/settings/cameras/new');
    await page.getByLabel(/^Name/).fill('Gate');
    await page.getByLabel(/^Host or address/).fill(main.url);
    await page.getByLabel(/^Sub-stream/).fill(sub.url.replace('/test', '/nowhere'));
    const test = page.getByRole('button', { name: 'Test', exact: true });
    await test.click();
    await page.getByText('Sub-stream: It works').or(page.locator('#test-result .err')).waitFor();
    expect(await page.locator('#test-result').innerText()).toMatch(
      /960\u00a0×\u00a0540[^]*Sub-stream: The camera answers, but/,
    );
    await page.getByLabel(/^Sub-stream/).fill(sub.url);
    await test.click();
    await page.getByText(/Sub-stream: It works: 640\s×\s360/).waitFor();
    expect(await accessibilityViolations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Add', exact: false }).first().click();
    await page.waitForURL(/camera=gate/);
    await page.goto('/settings/cameras/gate');
    expect(await page.getByLabel(/^Sub-stream/).inputValue()).toBe(sub.url.replace('/test', '/…'));
  });

  it('plays in the grid from the sub-stream alone', async () => {
    await expect
      .poll(
        async () => {
          const camera = await (await site.server.signIn()).json<{ state: { kind: string } }>('/api/cameras/gate');
          return camera.state.kind;
        },
        { timeout: 20_000 },
      )
      .toBe('closed');
    const before = opened().length;
    const page = await site.open('/?view=grid', { viewport: { width: 1440, height: 900 } });
    await page.getByRole('button', { name: 'Start all' }).click();
    const tile = page.locator('porthole-player[camera=gate][data-picture]');
    await tile.waitFor();
    await expect
      .poll(() => tile.evaluate((player) => (player as unknown as { currentTransport: string }).currentTransport), {
        timeout: 20_000,
      })
      .toBe('h264');
    expect(opened().slice(before)).toEqual(['sub']);
  });
});
