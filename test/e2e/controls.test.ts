// The controls of a webcam next to its video: live, on a phone and without JavaScript.
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Control } from '../../src/domain/cameras/control.ts';
import { accessibilityViolations } from '../support/browser.ts';
import { buildFakeCamera } from '../support/fakecam.ts';
import { lacks } from '../support/programs.ts';
import { eventually, useSite, type VisitorOptions } from '../support/site.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const device = '/dev/porthole-test-camera';

describe.skipIf(lacks('cc'))('the controls of a webcam', () => {
  const env: Record<string, string> = {};
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    folder = await temporaryFolder();
    const camera = await buildFakeCamera(folder.path, { device });
    Object.assign(env, camera.environment({ CONTROLS: join(folder.path, 'controls') }));
  });
  const args = [
    '--camera',
    `Bench=${device}?width=1280&height=720`,
    '--camera',
    'front=test:?width=320&height=240&fps=5',
  ];
  const site = useSite({ args, env });
  afterAll(() => folder[Symbol.asyncDispose]());

  /** What the device has, as the API reads it. */
  async function value(id: string): Promise<unknown> {
    const client = await site.server.signIn();
    const controls = await client.json<readonly Control[]>('/api/cameras/bench/controls');
    const control = controls.find((each) => each.id === id);
    return control !== undefined && 'value' in control ? control.value : undefined;
  }

  async function watch(options: VisitorOptions = {}): Promise<Page> {
    const page = await site.open('/?camera=bench', options);
    const start = page.getByRole('button', { name: 'Start streaming' });
    if (await start.isVisible()) await start.click();
    await page.locator('.stage[data-state=live]').waitFor();
    return page;
  }

  async function openSheet(options: VisitorOptions = {}): Promise<Page> {
    const page = await watch(options);
    await page.mouse.move(200, 300);
    await page.getByLabel('More', { exact: true }).click();
    await page.getByRole('link', { name: 'Camera controls' }).click();
    await page.getByRole('group', { name: 'Exposure' }).waitFor();
    return page;
  }

  const slider = (page: Page, name: string) => page.getByRole('slider', { name });
  const number = (page: Page, name: string) => page.getByRole('spinbutton', { name });
  const note = (page: Page, id: string) => page.locator(`[data-control="${id}"] .control-note`);

  it('are grouped next to the video, which stays whole and live', async () => {
    const page = await openSheet();
    expect(await page.locator('legend').allTextContents()).toEqual([
      'Picture',
      'Exposure',
      'White balance',
      'Focus',
      'Zoom and movement',
    ]);
    const [sheet, stage] = [await page.locator('#adjust').boundingBox(), await page.locator('.stage').boundingBox()];
    expect((stage?.x ?? 0) + (stage?.width ?? 0)).toBeLessThanOrEqual(sheet?.x ?? 0);
    expect(await page.locator('.stage').getAttribute('data-state')).toBe('live');
    await page.keyboard.press('Escape');
    await page.locator('#adjust').waitFor({ state: 'hidden' });
    await page.keyboard.press('a');
    await page.locator('#adjust').waitFor();
  });

  it('are set while a slider moves: few requests, and the newest value wins', async () => {
    const page = await openSheet();
    let requests = 0;
    page.on('request', (request) => (requests += request.method() === 'PATCH' ? 1 : 0));
    await slider(page, 'Brightness').evaluate(async (element) => {
      const input = element as HTMLInputElement;
      for (let step = -60; step <= 42; step += 1) {
        input.value = String(step);
        input.dispatchEvent(new Event('input', { bubbles: true }));
        await new Promise((resolve) => setTimeout(resolve, 4));
      }
    });
    await eventually(() => value('brightness')).toBe(42);
    expect(await number(page, 'Brightness').inputValue()).toBe('42');
    expect(requests).toBeGreaterThan(1);
    expect(requests).toBeLessThan(30);

    await slider(page, 'Brightness').focus();
    await page.keyboard.press('ArrowRight');
    await eventually(() => value('brightness')).toBe(43);
  });

  it('are restored, with the range next to the field, when a value is invalid', async () => {
    const page = await openSheet({ complaints: /status of 400/ });
    await number(page, 'Brightness').fill('-7');
    await number(page, 'Brightness').press('Enter');
    await eventually(() => value('brightness')).toBe(-7);
    await number(page, 'Brightness').fill('999');
    await number(page, 'Brightness').press('Enter');
    await eventually(() => note(page, 'brightness').textContent()).toContain('from -64 to 64');
    await eventually(() => number(page, 'Brightness').inputValue()).toBe('-7');
    expect(await slider(page, 'Brightness').inputValue()).toBe('-7');
    expect(await value('brightness')).toBe(-7);
    await slider(page, 'Brightness').fill('5');
    await eventually(() => note(page, 'brightness').isHidden()).toBe(true);
  });

  it('name the automatic setting that controls them, and can be set once it is off', async () => {
    const page = await openSheet();
    const time = number(page, 'Exposure time');
    expect(await time.isDisabled()).toBe(true);
    expect(await note(page, 'exposure_time_absolute').textContent()).toContain('Controlled by “Automatic exposure”');
    await page.getByLabel('Automatic exposure').selectOption('Manual');
    await eventually(() => time.isEnabled()).toBe(true);
    expect(await note(page, 'exposure_time_absolute').isHidden()).toBe(true);
    await slider(page, 'Exposure time').fill('500');
    await page.locator('output', { hasText: '50\u00a0ms' }).waitFor();
    await eventually(() => value('exposure_time_absolute')).toBe(500);

    const balance = page.getByRole('switch', { name: 'Automatic white balance' });
    await balance.click();
    await eventually(() => number(page, 'White Balance Temperature').isEnabled()).toBe(true);
    expect(await value('white_balance_automatic')).toBe(false);
    await page.getByRole('button', { name: 'Focus once' }).click();

    await page.getByRole('button', { name: 'Reset to defaults' }).click();
    await page.getByText('default settings again').waitFor();
    expect([await time.inputValue(), await time.isDisabled()]).toEqual(['250', true]);
    // Written by the script, which has no names of controls.
    await eventually(() => note(page, 'white_balance_temperature').textContent()).toBe(
      'Turn off automatic white balance to set this.',
    );
    expect(await balance.isChecked()).toBe(true);
    await page.getByRole('button', { name: 'Undo' }).click();
    await eventually(() => time.inputValue()).toBe('500');
    await eventually(() => balance.isChecked()).toBe(false);
    await (await site.server.signIn()).json('/api/cameras/bench/controls/reset', { method: 'POST' });
  });

  it('lie below the picture on a phone, large enough for a thumb', async () => {
    const page = await watch({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
    await page.touchscreen.tap(195, 200);
    await page.getByLabel('More', { exact: true }).tap();
    await page.getByRole('link', { name: 'Camera controls' }).tap();
    await page.getByRole('group', { name: 'Exposure' }).waitFor();
    const [sheet, stage] = [await page.locator('#adjust').boundingBox(), await page.locator('.stage').boundingBox()];
    expect((stage?.y ?? 0) + (stage?.height ?? 0)).toBeLessThanOrEqual((sheet?.y ?? 0) + 1);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    // All at once, since the camera's answers hide and show controls.
    const small = await page
      .locator('#adjust :is(button, select, [type=number], [type=range], label:has([type=checkbox]))')
      .evaluateAll((targets) =>
        targets
          .filter((target) => target.checkVisibility() && target.getBoundingClientRect().height < 43.5)
          .map((target) => `${target.getBoundingClientRect().height} px: ${target.outerHTML}`),
      );
    expect(small).toEqual([]);
  });

  it('are without a fault for axe-core in dark and in light', async () => {
    const page = await openSheet({ reducedMotion: 'reduce' });
    const expectNoFault = async (): Promise<void> => {
      for (const colorScheme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await accessibilityViolations(page), colorScheme).toEqual([]);
      }
    };
    await expectNoFault();
    await page.goto('/cameras/bench/controls');
    await expectNoFault();
  });

  it('are a page without JavaScript', async () => {
    const page = await site.open('/?camera=bench', { javaScriptEnabled: false });
    await page.getByLabel('More', { exact: true }).click();
    await page.getByRole('link', { name: 'Camera controls' }).click();
    await number(page, 'Brightness').fill('33');
    await page.getByRole('switch', { name: 'Automatic white balance' }).uncheck();
    await page.getByRole('button', { name: 'Set', exact: true }).click();
    await page.getByText('Settings applied.').waitFor();
    expect(await number(page, 'Brightness').inputValue()).toBe('33');
    expect(await number(page, 'White Balance Temperature').isEnabled()).toBe(true);
    expect(await value('brightness')).toBe(33);
    await page.getByRole('button', { name: 'Reset to defaults' }).click();
    await page.getByText('default settings again').waitFor();
    expect(await value('brightness')).toBe(0);
  });

  it('are for operators and admins, and missing ones are said in words', async () => {
    const client = await site.server.signIn();
    const ada = { username: 'ada', password: 'quite long enough', role: 'viewer', cameras: null };
    await client.send('POST', '/api/users', ada);
    const viewer = await site.open('/?camera=bench', { user: { name: 'ada', password: ada.password } });
    expect(await viewer.locator('#adjust, #show-controls').count()).toBe(0);
    const page = await site.open('/?camera=front');
    await page.locator('.stage').waitFor();
    await page.keyboard.press('a');
    await page.getByText('has no controls that Porthole can set').waitFor();
  });

  it('are next to stats that show the mode that was chosen instead of the wanted one', async () => {
    const page = await watch();
    await page.keyboard.press('i');
    await page.locator('[data-figure=warning]', { hasText: 'does not offer 1280\u00a0×\u00a0720' }).waitFor();
    await eventually(() => page.locator('[data-figure=source-rate]').textContent()).toMatch(/^\d+\u00a0fps/);
    expect(await page.locator('[data-figure=mode]').textContent()).toBe('640\u00a0×\u00a0480 MJPEG');
    await page.goto('/settings/cameras/bench');
    await page.locator('.camera-warning', { hasText: '640\u00a0×\u00a0480 at 20\u00a0fps was chosen' }).waitFor();
    await eventually(() => page.locator('[data-now=measured]').textContent()).toMatch(/^\d+\u00a0fps/);
    expect(await page.locator('[data-now=claimed]').textContent()).toBe('20\u00a0fps');
  });
});
