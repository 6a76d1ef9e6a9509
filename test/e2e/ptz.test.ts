// Moving a network camera by ONVIF, with a simulated device.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityViolations } from '../support/browser.ts';
import type { Client } from '../support/client.ts';
import { layoutShift, recordShifts } from '../support/layout-shift.ts';
import { OnvifDevice } from '../support/onvif-device.ts';
import { plainJpeg } from '../support/plain-jpeg.ts';
import { eventually, useSite, type VisitorOptions } from '../support/site.ts';
import {
  complain,
  type PageState,
  faultsOf,
  resizeTo,
  tightestWindows,
  unfold,
  type View,
  windows,
} from '../support/windows.ts';

const login = { user: 'ad min', password: 'p@ss<&>"é' };
const streams = [{ uri: 'rtsp://127.0.0.1/1', width: 640 }];

describe('a network camera that can be moved', () => {
  let device: OnvifDevice;
  let fixed: OnvifDevice;
  /** The action that the device does not answer. */
  let broken = '';
  const args = ['--allow-addresses', '127.0.0.1'];
  beforeAll(async () => {
    const options = { login, streams, answersSearches: false, video: [plainJpeg(640, 360)] };
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
  const padOf = (page: Page) => page.getByRole('group', { name: /^(Move the camera|Kamera bewegen)$/ });
  /** Starts the stream; the pad over the video is there as soon as its script works. */
  async function play(page: Page): Promise<void> {
    if ((await page.locator('.stage').getAttribute('data-state')) === 'paused')
      await page.locator('.start button').click();
    await page.locator('.stage[data-state=live]').waitFor();
  }
  async function openPad(options: VisitorOptions = {}): Promise<Page> {
    const page = await site.open('/?camera=gate', { reducedMotion: 'reduce', ...options });
    await play(page);
    await padOf(page).waitFor();
    return page;
  }
  const setIdle = (page: Page): Promise<void> => page.evaluate(() => document.body.classList.add('idle'));

  it('has a pad over the video when it is live and has said that it can be moved, and nothing jumps', async () => {
    const visitor = await site.visitor();
    await recordShifts(visitor);
    const page = await visitor.newPage();
    await page.goto('/?camera=gate');
    await page.locator('.stage[data-state=paused]').waitFor();
    expect(device.actions).toEqual([]);
    await play(page);
    await padOf(page).getByRole('button', { name: 'Tilt up' }).waitFor();
    expect((await layoutShift(page)).sum).toBeLessThan(0.01);

    // It can be hidden, and stays so.
    await page.getByRole('button', { name: 'Hide these buttons' }).click();
    const show = page.getByRole('button', { name: 'Move the camera' });
    await show.waitFor();
    await page.reload();
    await show.waitFor();
    expect(await page.getByRole('button', { name: 'Tilt up' }).isVisible()).toBe(false);
    await show.focus();
    await page.keyboard.press('Enter');
    await eventually(() => page.locator(':focus').getAttribute('aria-label')).toBe('Hide these buttons');
    await page.getByRole('button', { name: 'Tilt up' }).waitFor();

    // It hides with the bar while nobody moves.
    await page.mouse.move(300, 300);
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await setIdle(page);
    await eventually(() => padOf(page).evaluate((pad) => getComputedStyle(pad).opacity)).toBe('0');

    // It follows the camera that is shown.
    const answer = page.waitForResponse('**/api/cameras/wall/ptz');
    await page.locator('.tabs [data-camera=wall]').click();
    await play(page);
    await (await answer).finished();
    expect(await padOf(page).count()).toBe(0);
    await page.goto('/?camera=gate&kiosk');
    expect(await page.locator('.ptz').count()).toBe(0);
    await page.goto('/?view=grid');
    expect(await page.locator('.ptz').count()).toBe(0);
    await page.goto('/?camera=gate');
    await padOf(page).waitFor();
  });

  it('is asked once, also if it cannot be moved', async () => {
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
    expect(await (await viewer.request('/?camera=gate')).text()).not.toContain('class="ptz');
  });

  it('loses its pad when the operator becomes a viewer', async () => {
    const olga = { username: 'olga', password: 'quite long enough', role: 'operator', cameras: null };
    const { id } = (await (await admin.send('POST', '/api/users', olga)).json()) as { readonly id: string };
    const page = await openPad({ user: { name: olga.username, password: olga.password } });
    await admin.send('PATCH', `/api/users/${id}`, { role: 'viewer' });
    await padOf(page).waitFor({ state: 'detached' });
  });

  it('moves while a button or an arrow key is held, and goes to presets', async () => {
    const page = await openPad({ complaints: /ERR_FAILED/ });
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
    await page.locator('summary[aria-label=Presets]').click();
    await page.getByRole('button', { name: 'Door <left>' }).click();
    await eventually(() => device.moves.at(-1)).toBe('preset 1');
    expect(await page.locator('.ptz-over [open]').count()).toBe(0);
    await left.click();
    await stopped();
    // After a click on the pad, arrow keys move the camera. Elsewhere they do what they do on the page.
    await page.keyboard.down('ArrowRight');
    await eventually(() => device.moves.at(-1)).toBe('move 0.5 0 -');
    await page.keyboard.up('ArrowRight');
    await stopped();
    expect(new URL(page.url()).search).toBe('?camera=gate');
    // A button whose movement is refused is not shown as held.
    await page.route('/api/cameras/gate/ptz', (route) => route.abort());
    await left.hover();
    await page.mouse.down();
    await page.locator('.toast[role=alert]').first().waitFor();
    await page.mouse.up();
    await eventually(() => page.locator('.ptz [data-held]').count()).toBe(0);
    await page.unroute('/api/cameras/gate/ptz');
    await page.locator('.toast-close').last().click();
    // A page that is lost while it moves the camera.
    await left.hover();
    await page.mouse.down();
    await eventually(() => device.moves.at(-1)).toContain('move');
    await page.close();
    await stopped();
  });

  it('is moved by touch, but not by the touch that shows the buttons again', async () => {
    const page = await openPad({ hasTouch: true });
    const tap = async (name: string): Promise<void> => {
      const box = await page.getByRole('button', { name }).boundingBox();
      await page.touchscreen.tap((box?.x ?? 0) + 22, (box?.y ?? 0) + 22);
    };
    device.moves.length = 0;
    await setIdle(page);
    await tap('Zoom in');
    await eventually(() => page.evaluate(() => document.body.classList.contains('idle'))).toBe(false);
    await tap('Zoom out');
    await eventually(() => device.moves).toEqual(['move - - -0.5', 'stop']);
  });

  it('moves while a button of the controls is held', async () => {
    const page = await openPad();
    await page.keyboard.press('a');
    const controls = page.getByRole('region', { name: 'Camera controls' });
    const down = controls.getByRole('button', { name: 'Tilt down' });
    await down.hover();
    await page.mouse.down();
    await eventually(() => device.moves.at(-1)).toBe('move 0 -0.5 -');
    // One pad is enough.
    expect(await padOf(page).count()).toBe(1);
    await page.mouse.up();
    await stopped();
    await page.locator('#adjust-close').click();
    await page.getByRole('button', { name: 'Tilt down' }).waitFor();
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

  it('is without a fault for axe-core', async () => {
    const page = await openPad();
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      await unfold('.ptz-over details')(page);
      expect(await accessibilityViolations(page), colorScheme).toEqual([]);
    }
    await page.keyboard.press('a');
    await page.locator('.adjust .ptz').waitFor();
    expect(await accessibilityViolations(page)).toEqual([]);
    await page.goto('/cameras/gate/controls');
    expect(await accessibilityViolations(page)).toEqual([]);
  });

  const stayAwake = (page: Page): Promise<void> =>
    page.evaluate(() => {
      const stay = () => document.body.classList.contains('idle') && document.body.classList.remove('idle');
      new MutationObserver(stay).observe(document.body, { attributeFilter: ['class'] });
      stay();
    });
  const openFolded = async (page: Page): Promise<void> => {
    await play(page);
    await padOf(page).waitFor();
    await stayAwake(page);
  };
  const setPad = (page: Page, open: boolean): Promise<boolean> =>
    page.locator('.ptz-over').evaluate((pad, is) => pad.toggleAttribute('data-open', is), open);
  const fill = (page: Page): Promise<boolean | undefined> =>
    page.evaluate(() => document.querySelector('.watch')?.classList.toggle('filling'));

  it('has no fault in any window', async () => {
    const views: readonly View[] = [
      { name: 'pad', show: (page) => setPad(page, true) },
      { name: 'presets', show: unfold('.ptz-over details'), within: '.ptz-over .sheet' },
      { name: 'stats', show: unfold('#figures') },
      { name: 'message', show: complain },
      { name: 'message, full screen', show: async (page) => (await fill(page), complain(page)), within: '.watch' },
      { name: 'folded', show: (page) => setPad(page, false) },
    ];
    const live: PageState = { name: 'live', path: '/?camera=gate', open: openFolded, views };
    const panel: PageState = {
      name: 'controls on the live page',
      path: '/?camera=gate',
      open: async (page) => (await page.keyboard.press('a'), page.locator('.adjust .ptz').waitFor()),
    };
    const controls: PageState = { name: 'controls', path: '/cameras/gate/controls' };
    const [english, other, german] = await Promise.all(
      ['en-GB', 'en-GB', 'de-DE'].map((locale) => site.visitor({ hasTouch: true, locale })),
    );
    if (english === undefined || other === undefined || german === undefined) return;
    expect(await faultsOf([english, other], [live, panel, controls])).toEqual({});
    expect(await faultsOf([german], [controls, { ...panel, windows: windows.slice(0, 1) }], tightestWindows)).toEqual(
      {},
    );
  });

  it('covers nothing else over the video, in either direction of reading', async () => {
    const page = await openPad({ hasTouch: true });
    await stayAwake(page);
    const overlaps: string[] = [];
    for (const direction of ['ltr', 'rtl']) {
      for (const window of direction === 'ltr' ? windows : tightestWindows) {
        await resizeTo(page, window);
        await complain(page);
        for (const isFull of [false, true]) {
          if (isFull) await fill(page);
          for (const isOpen of [true, false]) {
            await setPad(page, isOpen);
            const covered = await page.evaluate(coveredByPad, direction);
            const { width, height, largeText = false } = window;
            overlaps.push(
              ...covered.map(
                (each) => `${each}: ${JSON.stringify({ direction, width, height, largeText, isFull, isOpen })}`,
              ),
            );
          }
        }
        await fill(page);
        await page.evaluate(() => document.querySelector('.toast')?.remove());
      }
    }
    expect(overlaps).toEqual([]);
  });
});

/** The controls that the pad over the video touches, and other faults of its place. */
function coveredByPad(direction: string): readonly string[] {
  document.documentElement.dir = direction;
  const boxOf = (selector: string) => document.querySelector(selector)?.getBoundingClientRect() ?? new DOMRect();
  const pad = boxOf('.ptz-over');
  const stage = boxOf('.screen > .stage');
  const isIn = pad.left >= stage.left && pad.right <= stage.right && pad.top >= stage.top && pad.bottom <= stage.bottom;
  // Whether it is there at all.
  const faults = pad.width < 44 || !isIn ? ['outside the video'] : [];
  for (const selector of ['.figs', '.bar', '.toast']) {
    const other = boxOf(selector);
    const apart =
      other.right <= pad.left || other.left >= pad.right || other.bottom <= pad.top || other.top >= pad.bottom;
    if (!apart) faults.push(`over ${selector}`);
  }
  const [left, right] = ['left', 'right'].map((value) => boxOf(`.ptz-over [value=${value}]`).left);
  if ((left ?? 0) > (right ?? 0)) faults.push('left is on the right');
  return faults;
}
