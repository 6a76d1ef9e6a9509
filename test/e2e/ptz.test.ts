// Moving a network camera by ONVIF, with a simulated device.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityViolations } from '../support/browser.ts';
import type { Client } from '../support/client.ts';
import { OnvifDevice } from '../support/onvif-device.ts';
import { eventually, useSite, type VisitorOptions } from '../support/site.ts';
import { faultsOf, windows } from '../support/windows.ts';

const login = { user: 'ad min', password: 'p@ss<&>"é' };
const streams = [{ uri: 'rtsp://127.0.0.1/1', width: 640 }];

describe('a network camera that can be moved', () => {
  let device: OnvifDevice;
  let fixed: OnvifDevice;
  /** What the device does not answer. */
  let broken = '';
  const args = ['--allow-addresses', '127.0.0.1'];
  beforeAll(async () => {
    const options = { login, streams, answersSearches: false };
    const answer = (action: string) => (action === broken ? '' : undefined);
    [device, fixed] = await Promise.all([
      OnvifDevice.start({ ...options, ptz: true, answer }),
      OnvifDevice.start(options),
    ]);
    const [user, password] = [login.user, login.password].map(encodeURIComponent);
    for (const [name, { port }] of Object.entries({ gate: device, wall: fixed })) {
      args.push('--camera', `${name}=http://${user}:${password}@127.0.0.1:${port}/video`);
    }
  });
  const site = useSite({ args });
  afterAll(async () => {
    await Promise.all([device[Symbol.asyncDispose](), fixed[Symbol.asyncDispose]()]);
  });

  let admin: Client;
  beforeAll(async () => {
    admin = await site.server.signIn();
  });
  const send = (body: object, camera = 'gate') => admin.send('POST', `/api/cameras/${camera}/ptz`, body);
  const stopped = () => eventually(() => device.moves.at(-1)).toBe('stop');
  async function openPad(options: VisitorOptions = {}): Promise<Page> {
    const page = await site.open('/?camera=gate', options);
    await page.locator('.stage').waitFor();
    const script = page.waitForResponse(/\/ptz-.*\.js$/);
    await page.keyboard.press('a');
    await page.getByRole('group', { name: /^(Move the camera|Kamera bewegen)$/ }).waitFor();
    await (await script).finished();
    return page;
  }

  it('is found when its controls are opened, and others are not asked again', async () => {
    expect(device.actions).toEqual([]);
    expect(await admin.json('/api/cameras/gate/ptz')).toEqual({
      turns: true,
      zooms: true,
      presets: [
        { id: '1', name: 'Door <left>' },
        { id: 'a&b', name: 'a&b' },
      ],
    });
    const none = { turns: false, zooms: false, presets: [] };
    expect(await admin.json('/api/cameras/wall/ptz')).toEqual(none);
    const asked = fixed.actions.length;
    expect(await admin.json('/api/cameras/wall/ptz')).toEqual(none);
    expect(fixed.actions).toHaveLength(asked);
    expect((await send({ pan: 1 }, 'wall')).status).toBe(400);
    expect(site.server.output).not.toContain(login.password);
  });

  it('moves until it is stopped, or for a second', async () => {
    device.moves.length = 0;
    await send({ pan: -0.5 });
    await send({});
    // On a busy machine, the server has stopped it before.
    expect(device.moves.slice(0, 2)).toEqual(['move -0.5 0 -', 'stop']);
    device.moves.length = 0;
    await send({ zoom: 1, milliseconds: 100 });
    await stopped();
    expect(device.moves).toEqual(['move - - 1', 'stop']);
    await send({ preset: 'a&b' });
    expect(device.moves.at(-1)).toBe('preset a&amp;b');
    for (const bad of [{ preset: '2' }, { pan: 2 }, { milliseconds: 60_000 }])
      expect((await send(bad)).status).toBe(400);
  });

  it('is stopped also if it has not answered, and moves again afterwards', async () => {
    device.moves.length = 0;
    broken = 'ContinuousMove';
    const failed = await send({ tilt: 1, milliseconds: 100 });
    expect(await failed.json()).toMatchObject({ error: { code: 'camera_failed' } });
    await eventually(() => device.moves).toEqual(['stop']);
    broken = '';
    expect((await send({ tilt: 1, milliseconds: 100 })).status).toBe(200);
    await stopped();
  });

  it('is moved by operators alone', async () => {
    const ada = { username: 'ada', password: 'quite long enough', role: 'viewer', cameras: null };
    await admin.send('POST', '/api/users', ada);
    const viewer = await site.server.signIn('ada', ada.password);
    expect((await viewer.request('/api/cameras/gate/ptz')).status).toBe(403);
    expect((await viewer.send('POST', '/api/cameras/gate/ptz', { pan: 1 })).status).toBe(403);
  });

  it('moves while a button or an arrow key is held, and goes to presets', async () => {
    const page = await openPad();
    const left = page.getByRole('button', { name: 'Turn left' });
    device.moves.length = 0;
    await left.hover();
    await page.mouse.down();
    // Longer than the server moves it for one request.
    await eventually(() => device.moves.filter((move) => move === 'move -0.5 0 -').length).toBeGreaterThan(3);
    await page.mouse.up();
    await stopped();
    await left.focus();
    await page.keyboard.down('ArrowUp');
    await eventually(() => device.moves.at(-1)).toBe('move 0 0.5 -');
    await page.keyboard.up('ArrowUp');
    await stopped();
    device.moves.length = 0;
    await page.keyboard.press('Enter');
    await eventually(() => device.moves).toEqual(['move -0.5 0 -', 'stop']);
    await page.getByRole('button', { name: 'Door <left>' }).click();
    await eventually(() => device.moves.at(-1)).toBe('preset 1');
    expect(new URL(page.url()).search).toBe('?camera=gate');
    // A page that is lost while it moves the camera.
    await left.hover();
    await page.mouse.down();
    await eventually(() => device.moves.at(-1)).toContain('move');
    await page.close();
    await stopped();
  });

  it('moves one step per press without scripts', async () => {
    const page = await site.open('/cameras/gate/controls', { javaScriptEnabled: false });
    device.moves.length = 0;
    await page.getByRole('button', { name: 'Zoom out' }).click();
    await stopped();
    expect(device.moves).toEqual(['move - - -0.5', 'stop']);
    await page.getByRole('button', { name: 'Door <left>' }).click();
    await eventually(() => device.moves.at(-1)).toBe('preset 1');
    expect(new URL(page.url()).pathname).toBe('/cameras/gate/controls');
  });

  it('is without a fault for axe-core, and in every window in both languages', async () => {
    const page = await openPad({ reducedMotion: 'reduce' });
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await accessibilityViolations(page), colorScheme).toEqual([]);
    }
    await page.goto('/cameras/gate/controls');
    expect(await accessibilityViolations(page)).toEqual([]);
    const open = async (each: Page) => {
      await each.keyboard.press('a');
      await each.locator('#ptz').waitFor();
    };
    const live = { name: 'live page', path: '/?camera=gate', open };
    const controls = { name: 'controls', path: '/cameras/gate/controls' };
    const [english, german] = await Promise.all(
      ['en-GB', 'de-DE'].map((locale) => site.visitor({ hasTouch: true, locale })),
    );
    if (english === undefined || german === undefined) return;
    expect(await faultsOf([english], [live, controls])).toEqual({});
    expect(
      await faultsOf([german], [controls, { ...live, windows: windows.filter((each) => !each.largeText) }]),
    ).toEqual({});
  });
});
