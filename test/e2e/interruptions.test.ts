// What comes between a person and the video: a camera that is not there yet, a sign-in that ends, and changed access.
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildFakeCamera } from '../support/fakecam.ts';
import { untilMoving } from '../support/picture-on-page.ts';
import { lacks } from '../support/programs.ts';
import { adminPassword } from '../support/server.ts';
import { eventually, frontCamera, useSite } from '../support/site.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const password = 'a horse and its staple';

describe.skipIf(lacks('cc'))('watching', () => {
  const env: Record<string, string> = {};
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let absent = '';
  beforeAll(async () => {
    folder = await temporaryFolder();
    absent = join(folder.path, 'absent');
    const camera = await buildFakeCamera(folder.path);
    Object.assign(env, camera.environment({ ABSENT: absent }));
  });
  const site = useSite({ args: [...frontCamera, '--camera', 'Bench=/dev/porthole-test-camera'], env });
  afterAll(() => folder[Symbol.asyncDispose]());

  it('begins when the camera comes, if it was not there at Start', async () => {
    await writeFile(absent, '');
    const page = await site.open('/?camera=bench', { complaints: /status of 5\d\d/ });
    await page.getByRole('button', { name: 'Start streaming' }).click();
    await page.getByRole('button', { name: 'Try now' }).waitFor();
    // Also on a page that is loaded meanwhile.
    await page.reload();
    await page.getByRole('button', { name: 'Try now' }).waitFor();
    await rm(absent);
    // As when the device is plugged in, for which these tests have no events.
    await (await site.server.signIn()).send('POST', '/api/cameras/bench/retry');
    await page.locator('.stage[data-state=live]').waitFor();
  });

  it('begins when the camera comes also without JavaScript', async () => {
    await writeFile(absent, '');
    const page = await site.open('/?camera=bench', { javaScriptEnabled: false });
    await page.getByRole('button', { name: 'Start streaming' }).click();
    await page.locator('img.feed').waitFor();
    await rm(absent);
    await (await site.server.signIn()).send('POST', '/api/cameras/bench/retry');
    await eventually(() => page.locator('.chip-word').first().textContent()).toBe('Live');
    expect(await page.locator('img.feed').count()).toBe(1);
  });

  it('continues after signing in again', async () => {
    const visitor = await site.visitor({ complaints: /status of 401/ });
    const [page, other] = await Promise.all([visitor.newPage(), visitor.newPage()]);
    await page.goto('/?camera=front');
    await page.getByRole('button', { name: 'Start streaming' }).click();
    await untilMoving(page);
    await other.goto('/account');
    await other.getByLabel('Your account, admin').click();
    await other.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
    await page.locator('.over').getByRole('link', { name: 'Sign in' }).click();
    await page.getByLabel('Name').fill('admin');
    await page.getByLabel('Password').fill(adminPassword);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(/camera=front/);
    await untilMoving(page);
  });

  it('continues without a reload after a change of role or cameras, which the page explains', async () => {
    const admin = await site.server.signIn();
    const { id } = await admin.json<{ id: string }>('/api/users', {
      method: 'POST',
      body: JSON.stringify({ username: 'anna', password, role: 'operator', cameras: null }),
      headers: { 'content-type': 'application/json' },
    });
    const page = await site.open('/?camera=front', { user: { name: 'anna', password }, complaints: /status of 40\d/ });
    await page.getByRole('button', { name: 'Start streaming' }).click();
    await untilMoving(page);
    await page.evaluate(() => Object.assign(globalThis, { sameDocument: true }));
    const change = (changes: object) => admin.send('PATCH', `/api/users/${id}`, changes);

    await change({ role: 'viewer' });
    await page.getByText('You can watch, but no longer take photos.').waitFor();
    await eventually(() => page.locator('form.capture').count()).toBe(0);
    await untilMoving(page);

    await change({ cameras: ['front'] });
    await page.getByText('You can no longer watch Bench.').waitFor();
    expect(await page.locator('.tabs [data-camera]').count()).toBe(1);
    await untilMoving(page);
    expect(await page.getByText('You are signed out').count()).toBe(0);

    await change({ cameras: ['bench'] });
    await page.getByRole('heading', { name: 'You can no longer watch this camera' }).waitFor();
    await page.locator('.tabs [data-camera=bench]').waitFor();
    expect(await page.evaluate(() => 'sameDocument' in globalThis)).toBe(true);

    // More rights bring more controls, with the page.
    await page.locator('.tabs [data-camera=bench]').click();
    await page.waitForURL(/camera=bench/);
    await change({ role: 'operator' });
    await page.getByText('You can now take photos.').waitFor();
    await page.locator('form.capture').waitFor({ state: 'attached' });
  });

  it('learns of a role that has changed since the server rendered the page', async () => {
    const admin = await site.server.signIn();
    const { id } = await admin.json<{ id: string }>('/api/users', {
      method: 'POST',
      body: JSON.stringify({ username: 'late', password, role: 'viewer', cameras: null }),
      headers: { 'content-type': 'application/json' },
    });
    const page = await site.open('/photos', { user: { name: 'late', password }, complaints: /status of 40\d/ });
    // Chromium takes a page whose requests are intercepted for one of the internet, which asks before it connects to this machine.
    await page.context().grantPermissions(['local-network-access']);
    // The page is here, and its scripts, which open the socket, wait until the role has changed.
    const later = async (route: Route) => {
      await admin.send('PATCH', `/api/users/${id}`, { role: 'operator' });
      await route.continue();
    };
    await page.route(/\/assets\/live-.*\.js$/, later, { times: 1 });
    await page.goto('/?camera=front');
    await page.getByText('You can now take photos.').waitFor();
    await page.locator('form.capture').waitFor({ state: 'attached' });
  });

  it('in kiosk mode ends with Esc or by touch', async () => {
    const page = await site.open('/?camera=front&kiosk');
    await page.getByRole('link', { name: 'Leave kiosk' }).waitFor();
    await page.keyboard.press('Escape');
    await page.waitForURL((url) => !url.searchParams.has('kiosk'));
    await page.goto('/?view=grid&kiosk');
    await page.getByRole('link', { name: 'Leave kiosk' }).click();
    await page.waitForURL((url) => url.search === '?view=grid');
  });
});
