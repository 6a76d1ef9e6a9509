// The other cameras below the video of a phone or tablet in portrait.
import { describe, expect, it } from 'vitest';
import { hideTab } from '../support/hidden-tab.ts';
import { layoutShift, recordShifts } from '../support/layout-shift.ts';
import { eventually, useSite } from '../support/site.ts';

const site = useSite({
  args: ['front', 'garden', 'hall'].flatMap((name) => ['--camera', `${name}=test:?width=320&height=180&fps=5`]),
});
const portrait = { viewport: { width: 390, height: 844 } } as const;

describe('the other cameras of a phone in portrait', () => {
  it('stand below the video with name, state and last picture; nothing jumps, and each is a link', async () => {
    // The hall has been seen, the garden has not.
    const client = await site.server.signIn();
    await (await client.request('/cameras/hall/snapshot.jpg')).arrayBuffer();
    const visitor = await site.visitor(portrait);
    await recordShifts(visitor);
    const page = await visitor.newPage();
    await page.goto('/?camera=front');
    const others = page.getByRole('navigation', { name: 'Other cameras' });
    const names = () => others.locator('.name').allTextContents();
    expect(await names()).toEqual(['garden', 'hall']);
    const video = await page.locator('.stage').boundingBox();
    expect((await others.boundingBox())?.y).toBeGreaterThan((video?.y ?? 0) + (video?.height ?? 0));
    const picture = others.locator('[data-camera=hall] img');
    await picture.scrollIntoViewIfNeeded();
    await eventually(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(320);
    expect(await others.locator('[data-camera=garden] img').count()).toBe(0);

    // Their states follow the cameras, and the list follows the server.
    await client.send('PATCH', '/api/cameras/garden', { enabled: false, name: 'Back yard' });
    await others.getByText('Off', { exact: true }).waitFor();
    expect(await names()).toEqual(['Back yard', 'hall']);
    await client.send('PATCH', '/api/cameras/garden', { enabled: true, name: 'garden' });
    await client.send('POST', '/api/cameras', { name: 'bench', source: 'test:?width=320&height=240&fps=2' });
    await eventually(names).toEqual(['garden', 'hall', 'bench']);
    await client.request('/api/cameras/bench', { method: 'DELETE' });
    await eventually(names).toEqual(['garden', 'hall']);
    expect((await layoutShift(page)).sum).toBeLessThan(0.01);

    await others.getByRole('link', { name: 'hall' }).click();
    await page.waitForURL('**/?camera=hall');
    expect(await names()).toEqual(['front', 'garden']);
  });

  it('get new pictures every minute while they are live, and visible', async () => {
    const visitor = await site.visitor(portrait);
    const page = await visitor.newPage();
    // The minute passes when the test says so; the connection keeps its own time.
    await page.addInitScript(() => {
      const original = window.setInterval.bind(window);
      const replaced = (handler: () => void, ms: number) =>
        ms === 60_000 ? (Object.assign(window, { minute: handler }), 0) : original(handler, ms);
      Object.assign(window, { setInterval: replaced });
    });
    const minute = () => page.evaluate(() => (Reflect.get(window, 'minute') as () => void)());
    await page.goto('/?camera=front');
    const asked: string[] = [];
    page.on('request', (request) => request.url().includes('/poster.jpg?at=') && asked.push(request.url()));
    const client = await site.server.signIn();
    const watching = await client.request('/cameras/garden/stream.mjpeg');
    // A camera is live shortly before its first frame arrives.
    await eventually(async () => (await client.request('/cameras/garden/poster.jpg')).status).toBe(200);
    const garden = page.locator('.others [data-camera=garden]');
    await garden.locator('[data-tone=live]').waitFor();
    const picture = garden.locator('img[src*="?at="]');
    await client.send('PATCH', '/api/cameras/hall', { enabled: false });
    await page.locator('.others [data-camera=hall]').getByText('Off', { exact: true }).waitFor();
    await minute();
    await eventually(() => picture.count()).toBe(1);
    const first = await picture.getAttribute('src');
    expect(await garden.locator('img').count()).toBe(1);
    await hideTab(page, true);
    await minute();
    await hideTab(page, false);
    await minute();
    await eventually(() => picture.getAttribute('src')).not.toBe(first);
    // Neither while hidden, nor of the hall, which is off.
    expect(asked.map((url) => new URL(url).pathname)).toEqual(Array(2).fill('/cameras/garden/poster.jpg'));
    await watching.body?.cancel();
    await client.send('PATCH', '/api/cameras/hall', { enabled: true });
  });

  it('are links without scripts, and are missing in a kiosk', async () => {
    const page = await site.open('/?camera=front', { ...portrait, javaScriptEnabled: false });
    await page.getByRole('navigation', { name: 'Other cameras' }).getByRole('link', { name: 'garden' }).click();
    expect(new URL(page.url()).search).toBe('?camera=garden');
    await page.goto('/?camera=front&kiosk');
    expect(await page.locator('.others').count()).toBe(0);
  });

  it('take no room and load no picture in other windows', async () => {
    const page = await site.open('/?camera=front');
    const posters: string[] = [];
    page.on('request', (request) => request.url().endsWith('/poster.jpg') && posters.push(request.url()));
    for (const [width, height] of [
      [1280, 800],
      [844, 390],
      [1024, 1366],
    ] as const) {
      await page.setViewportSize({ width, height });
      await page.reload();
      expect(await page.locator('.others').isVisible()).toBe(false);
    }
    expect(posters.filter((url) => !url.includes('/front/'))).toEqual([]);
  });
});
