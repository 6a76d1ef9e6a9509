// A webcam that is plugged in while the settings are open. The node is a plain file, which only root may put into /dev.
import { accessSync, constants } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityViolations } from '../support/browser.ts';
import { buildFakeCamera } from '../support/fakecam.ts';
import { lacks } from '../support/programs.ts';
import { eventually, useSite } from '../support/site.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const node = `/dev/video${4000 + (process.pid % 5000)}`;

function mayPlug(): boolean {
  try {
    accessSync('/dev', constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(lacks('cc') || !mayPlug())('a webcam that is plugged in', () => {
  const env: Record<string, string> = {};
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    folder = await temporaryFolder();
    const camera = await buildFakeCamera(folder.path, { device: node });
    Object.assign(env, camera.environment());
  });
  const site = useSite({ args: ['--camera', 'front=test:?width=320&height=240&fps=5'], env });
  afterAll(async () => {
    await rm(node, { force: true });
    await folder[Symbol.asyncDispose]();
  });

  const plugIn = () => writeFile(node, '');
  const pull = () => rm(node, { force: true });
  const rows = (page: Page) => page.locator('#devices:visible [data-device]');

  it('appears without a reload, goes away with its plug, and is added by one click', async () => {
    const page = await site.open('/settings');
    await page.evaluate(() => Object.assign(globalThis, { stillHere: true }));
    expect(await rows(page).count()).toBe(0);

    await plugIn();
    await eventually(() => rows(page).allTextContents(), 'the device is offered').toEqual([
      expect.stringContaining('Fake Webcam'),
    ]);
    expect(await page.locator('#announce').textContent()).toBe('Plugged in: Fake Webcam.');
    expect(await accessibilityViolations(page)).toEqual([]);

    await pull();
    await eventually(() => rows(page).count(), 'the device is gone').toBe(0);
    await plugIn();
    await eventually(() => rows(page).count()).toBe(1);
    expect(await page.evaluate(() => 'stillHere' in globalThis)).toBe(true);

    await page.getByRole('button', { name: 'Add Fake Webcam' }).click();
    await page.getByText('Camera “Fake Webcam” added.').waitFor();
    expect(new URL(page.url()).search).toBe('?camera=fake-webcam');
    await page.goto('/settings');
    expect(await page.locator('.camera-card h2').allTextContents()).toEqual(['front', 'Fake Webcam']);
    expect(await rows(page).count()).toBe(0);

    await page.goto('/settings/cameras/fake-webcam');
    expect(await page.locator('#source option').allTextContents()).toEqual([
      'Let Porthole choose',
      '640\u00a0×\u00a0480, 20\u00a0fps, MJPEG',
    ]);
  });

  it('appears in the list of a new camera as well', async () => {
    await pull();
    const client = await site.server.signIn();
    await client.send('DELETE', '/api/cameras/fake-webcam');
    const page = await site.open('/settings/cameras/new');
    await page.getByText('No webcam found').waitFor();
    await plugIn();
    await page.getByRole('link', { name: 'Choose Fake Webcam' }).waitFor();
    await pull();
    await page.getByText('No webcam found').waitFor();
  });
});
