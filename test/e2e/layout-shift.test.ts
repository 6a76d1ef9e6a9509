// Pages stand still while they load: nothing moves under the finger that is about to touch it.
import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { layoutShift, recordShifts } from '../support/layout-shift.ts';
import { frontCamera, useSite } from '../support/site.ts';

const site = useSite({
  args: [...frontCamera, '--camera', 'garden=test:?width=320&height=180&fps=5', '--camera', 'gone=file:/nowhere.mp4'],
});
let photo = '';
let shared = '';

beforeAll(async () => {
  const client = await site.server.signIn();
  for (const camera of ['front', 'front', 'garden']) {
    photo = (await client.json<{ id: string }>(`/api/cameras/${camera}/photos`, { method: 'POST' })).id;
  }
  const link = await client.send('POST', `/api/photos/${photo}/links`, { days: 7 });
  shared = ((await link.json()) as { path: string }).path;
});

/** Each page, and when it is complete; by default when the network is idle. */
const pages = (): readonly (readonly [path: string, complete?: (page: Page) => Promise<unknown>])[] => [
  [shared],
  ['/cameras/front/connect'],
  ['/cameras/front/embed', (page) => page.locator('porthole-player[data-state=live]').waitFor()],
  ['/welcome'],
  ['/settings'],
  ['/photos'],
  [`/photos/${photo}`],
];

it('no page jumps while its parts arrive over a slow network, on a phone and on a laptop', async () => {
  // The server learns the zone of the browser, and which days photos belong to, from the first page.
  const visitor = await site.visitor({ timezoneId: 'Pacific/Auckland' });
  await recordShifts(visitor);
  const jumps: Record<string, unknown> = {};
  const lookAt = async (width: number, height: number): Promise<void> => {
    const page = await visitor.newPage();
    await page.setViewportSize({ width, height });
    const network = await visitor.newCDPSession(page);
    // Styles, scripts and images arrive one after another, as on the first visit.
    await network.send('Network.enable');
    await network.send('Network.setCacheDisabled', { cacheDisabled: true });
    await network.send('Network.emulateNetworkConditions', {
      ...{ offline: false, latency: 60, downloadThroughput: 400_000, uploadThroughput: 400_000 },
    });
    for (const [path, complete] of pages()) {
      await page.goto(path, complete === undefined ? { waitUntil: 'networkidle' } : {});
      await complete?.(page);
      const { sum, moved } = await layoutShift(page);
      if (sum >= 0.01) jumps[`${path}, ${width} × ${height}`] = moved;
    }
  };
  await Promise.all([lookAt(390, 844), lookAt(1440, 900)]);
  expect(jumps).toEqual({});
});

it('a jump would be found', async () => {
  const visitor = await site.visitor();
  await recordShifts(visitor);
  const page = await visitor.newPage();
  await page.goto('/settings');
  await page.evaluate(() => {
    document.querySelector<HTMLElement>('main')?.style.setProperty('margin-top', '200px');
  });
  expect((await layoutShift(page)).sum).toBeGreaterThan(0.01);
});
