// The pages without video, from set-up to settings, looked at as windows.test.ts looks at those with video.
import { accessSync, constants } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildFakeCamera } from '../support/fakecam.ts';
import { closedPort } from '../support/http-camera.ts';
import { addPhotos } from '../support/many-photos.ts';
import { lacks } from '../support/programs.ts';
import { adminPassword } from '../support/server.ts';
import { eventually, frontCamera, useSite } from '../support/site.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import {
  columnWindows,
  complain,
  faultsOf,
  type PageState,
  tightestWindows,
  tightWindows,
  unfold,
  type View,
} from '../support/windows.ts';

/** A webcam can be plugged in, which is found while the settings are open. */
const node = `/dev/video${4000 + (process.pid % 5000)}`;
const canPlug = ((): boolean => {
  try {
    accessSync('/dev', constants.W_OK);
    return !lacks('cc');
  } catch {
    return false;
  }
})();
if (!canPlug) console.warn('no webcam in windows-settings: needs cc and a writable /dev');

const env: Record<string, string> = { PORTHOLE_ADMIN_PASSWORD: '' };
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
  if (!canPlug) return;
  const camera = await buildFakeCamera(folder.path, { device: node });
  Object.assign(env, camera.environment({ CONTROLS: 1 }));
});
const site = useSite({
  args: [
    ...[...frontCamera, '--camera', 'A garden with a rather long name=test:?width=160&height=120&fps=2'],
    ...['--allow-addresses', '127.0.0.1'],
  ],
  env,
});
afterAll(async () => {
  await rm(node, { force: true });
  await folder[Symbol.asyncDispose]();
});

const complaints = /status of (40[0134]|409|410|422)/;
/** Pages of the admin, three at a time: each mostly waits for the browser to draw. */
const visitors = (locale = 'en-GB', user?: null): Promise<readonly BrowserContext[]> =>
  Promise.all(
    [0, 1, 2].map(() => site.visitor({ hasTouch: true, locale, complaints, ...(user === null ? { user } : {}) })),
  );

const message: View = { name: 'message', show: complain };

/** Sends a form as it is: the server's errors are shown, not those of the browser. */
const send = (selector: string, fields: Readonly<Record<string, string>>, button?: string) => async (page: Page) => {
  for (const [name, value] of Object.entries(fields)) await page.locator(`${selector} [name=${name}]`).fill(value);
  const shown = page.waitForEvent('load');
  await page.locator(selector).evaluate((form: HTMLFormElement, by) => {
    form.noValidate = true;
    form.requestSubmit(by === undefined ? null : form.querySelector<HTMLButtonElement>(by));
  }, button);
  await shown;
};
const errorShown = async (page: Page) => page.locator('[role=alert]').first().waitFor();

let photo = '';
let shared = '';

/** Adds what pages show: photos, a link to one, another user, tokens, a camera that does not respond, and a webcam. */
async function furnish(): Promise<void> {
  const client = await site.server.signIn();
  for (const camera of ['front', 'front', 'a-garden-with-a-rather-long-name']) {
    photo = (await client.json<{ id: string }>(`/api/cameras/${camera}/photos`, { method: 'POST' })).id;
  }
  // The longest name of a day.
  const takenAt = Date.UTC(new Date().getUTCFullYear() - 1, 8, 24, 12);
  await addPhotos(site.server.data, [{ id: 'old', cameraId: 'front', cameraName: 'front', takenAt }]);
  shared = (await answerOf<{ path: string }>(client.send('POST', `/api/photos/${photo}/links`, { days: 7 }))).path;
  const username = 'a-rather-long-operator-name';
  await client.send('POST', '/api/users', { username, password: adminPassword, role: 'operator', cameras: ['front'] });
  await client.send('POST', '/api/cameras', { name: 'Dead', source: `http://127.0.0.1:${await closedPort()}/video` });
  if (canPlug) await writeFile(node, '');
}

const answerOf = async <T>(response: Promise<Response>): Promise<T> => (await (await response).json()) as T;

// The tests build on each other: the server can be set up only once.
it('shows set-up and sign-in without a fault', async () => {
  let link = '';
  await eventually(() => {
    link = /http:\/\/\S+(\/setup\?code=\S+)/.exec(site.server.output)?.[1] ?? '';
    return link;
  }, 'the set-up link is printed').not.toBe('');
  const strangers = await visitors('en-GB', null);
  const preferences: View = { name: 'preferences', show: unfold('.corner .menu, details.menu'), within: '.sheet' };
  const form = 'form.card';
  const setUp: readonly PageState[] = [
    { name: 'before set-up', path: '/', status: 401, windows: tightWindows },
    { name: 'set-up', path: link, views: [preferences] },
    {
      name: 'set-up, errors',
      path: '/setup?code=wrong',
      status: 403,
      windows: tightWindows,
      open: async (page) => {
        await send(form, { username: 'a b', password: 'short' })(page);
        await errorShown(page);
      },
    },
  ];
  expect(await faultsOf(strangers, setUp, columnWindows)).toEqual({});

  const [stranger] = strangers;
  const page = await stranger?.newPage();
  await page?.goto(link);
  await page?.getByLabel('Name').fill('admin');
  await page?.getByLabel('Password').fill(adminPassword);
  await page?.getByRole('button', { name: 'Create account' }).click();
  await page?.waitForURL((url) => url.pathname === '/welcome');
  await page?.close();
  await stranger?.clearCookies();
  await furnish();

  const signIn: readonly PageState[] = [
    { name: 'sign-in', path: '/login', views: [preferences] },
    {
      name: 'sign-in, error',
      path: '/login',
      windows: tightWindows,
      open: async (page) => {
        await send(form, { username: 'admin', password: 'wrong password' })(page);
        await errorShown(page);
      },
    },
  ];
  expect(await faultsOf(strangers, signIn, columnWindows)).toEqual({});
});

/** Opens "Add camera" with an address that Test has tried. */
const tested = (host: string) => async (page: Page) => {
  await page.getByLabel(/^(Host or address|Host oder Adresse)/).fill(host);
  await page.locator('#test').click();
};

const settings = (): readonly PageState[] => [
  { name: 'welcome', path: '/welcome', views: [message] },
  { name: 'settings', path: '/settings', views: [message, { name: 'folds', show: unfold('main details') }] },
  {
    name: 'settings, error',
    path: '/settings',
    windows: tightWindows,
    open: async (page) => (
      await send('form[action="/settings/sites"]', { origins: 'no address' })(page),
      errorShown(page)
    ),
  },
  { name: 'new camera', path: '/settings/cameras/new' },
  {
    name: 'new camera, test picture',
    path: '/settings/cameras/new',
    open: async (page) => (
      await tested('test:?width=320&height=240&fps=5')(page),
      page.locator('.test-ok img').waitFor()
    ),
  },
  {
    name: 'new camera, failed test',
    path: '/settings/cameras/new',
    windows: tightWindows,
    open: async (page) => (await tested('127.0.0.1:9')(page), page.locator('#test-result [role=alert]').waitFor()),
  },
  {
    name: 'new camera, errors',
    path: '/settings/cameras/new',
    windows: tightWindows,
    open: async (page) => (await send('#camera-form', { name: 'front', source: 'nonsense:' })(page), errorShown(page)),
  },
  {
    name: 'new camera, question',
    path: '/settings/cameras/new',
    windows: tightWindows,
    open: async (page) => (
      await send('#camera-form', { name: 'Barn', source: 'http://127.0.0.1:9/video' })(page),
      page.locator('.question').waitFor()
    ),
  },
  { name: 'camera form', path: '/settings/cameras/front', views: [{ name: 'removal', show: unfold('.confirm') }] },
  {
    name: 'camera form, errors',
    path: '/settings/cameras/dead',
    windows: tightWindows,
    open: async (page) => (await send('#camera-form', { name: '', source: 'nonsense:' })(page), errorShown(page)),
  },
  { name: 'camera controls', path: '/cameras/fake-webcam/controls' },
  { name: 'connect', path: '/cameras/front/connect', views: [{ name: 'folds', show: unfold('main details') }] },
  { name: 'account', path: '/account', views: [{ name: 'folds', show: unfold('main details') }] },
  {
    name: 'account, new token',
    path: '/account',
    open: async (page) => (
      await send('form:has(#token-name)', { name: 'A token with a rather long name' })(page),
      page.locator('#new-token').waitFor()
    ),
  },
  {
    name: 'account, errors',
    path: '/account',
    windows: tightWindows,
    open: async (page) => (
      await send('form:has(#current)', { current: 'wrong', next: 'short' })(page),
      errorShown(page)
    ),
  },
  { name: 'users', path: '/settings/users', views: [{ name: 'folds', show: unfold('main details') }] },
  {
    name: 'users, errors',
    path: '/settings/users',
    windows: tightWindows,
    open: async (page) => (
      await send('form:has(#username)', { username: 'a b', password: 'short' })(page),
      errorShown(page)
    ),
  },
];

const photos = (): readonly PageState[] => [
  { name: 'photos', path: '/photos', views: [message] },
  {
    name: 'photos, selecting',
    path: '/photos',
    open: async (page) => (
      await page.locator('#select').click(),
      await page.locator('.tick input').first().check({ force: true }),
      // As if there were many.
      page.locator('#all-count').evaluate((all) => (all.textContent = all.textContent.replace(/\d+/, '1,204')))
    ),
    views: [message],
  },
  { name: 'photos, none', path: '/photos?camera=dead', windows: tightWindows },
  {
    name: 'photo',
    path: `/photos/${photo}`,
    views: [{ name: 'details', show: unfold('details:not(.menu)') }, message],
  },
  {
    name: 'photo, share',
    path: `/photos/${photo}`,
    views: [{ name: 'panel', show: unfold('#share'), within: '#share' }],
  },
];

it('shows settings without a fault', async () => {
  if (canPlug) {
    const client = await site.server.signIn();
    await client.send('POST', '/api/cameras', { name: 'Fake Webcam', source: node });
  }
  const all = settings().filter(({ path }) => canPlug || !path.includes('webcam'));
  expect(await faultsOf(await visitors(), all, columnWindows)).toEqual({});
});

it('shows photos and the rest without a fault', async () => {
  const rest: readonly PageState[] = [
    ...photos(),
    { name: 'API', path: '/api', windows: columnWindows },
    { name: 'embedded', path: '/cameras/front/embed', windows: columnWindows },
    { name: 'not found', path: '/nowhere', status: 404, windows: tightWindows },
  ];
  expect(await faultsOf(await visitors(), rest)).toEqual({});
  const strangers = await visitors('en-GB', null);
  expect(
    await faultsOf(strangers, [
      { name: 'shared photo', path: shared },
      { name: 'shared photo, ended', path: '/shared/nothing', status: 404, windows: tightWindows },
    ]),
  ).toEqual({});
});

it('shows the camera that photos are filtered by, though many come before it', async () => {
  const page = await site.open('/photos?camera=dead', { viewport: { width: 320, height: 640 } });
  const current = page.locator('.filter [aria-current]');
  await eventually(() => current.evaluate((link) => link.getBoundingClientRect().right)).toBeLessThan(320);
  expect((await current.boundingBox())?.x).toBeGreaterThan(0);
});

it('opens the panel that shares a photo below its button, which stays, or whole above it', async () => {
  const page = await site.open(`/photos/${photo}`);
  for (const [width, height] of [
    [320, 640],
    [844, 390],
    [1366, 625],
  ] as const) {
    await page.setViewportSize({ width, height });
    const button = page.locator('#share > summary');
    const left = (await button.boundingBox())?.x;
    await button.click();
    const panel = page.locator('.share-panel');
    await eventually(() => panel.evaluate((each) => each.getBoundingClientRect().bottom)).toBeLessThanOrEqual(height);
    expect((await button.boundingBox())?.x, `${width}`).toBe(left);
    expect(await panel.evaluate((each) => each.scrollHeight - each.clientHeight), `${width}`).toBe(0);
    await page.keyboard.press('Escape');
  }
});

it('has a rail of dates only while photos are out of view', async () => {
  const page = await site.open('/photos', { viewport: { width: 2560, height: 1440 } });
  await page.locator('#scrubber').waitFor({ state: 'hidden' });
  await page.setViewportSize({ width: 320, height: 400 });
  await page.locator('#scrubber').waitFor();
});

it('shows the longest of them without a fault in German', async () => {
  const longest = [...settings(), ...photos()].filter(
    ({ path, windows }) => (canPlug || !path.includes('webcam')) && windows === undefined,
  );
  expect(await faultsOf(await visitors('de-DE'), longest, tightestWindows)).toEqual({});
});

it('shows pages from right to left without a fault, and arrow keys follow', async () => {
  const turned = (path: string): PageState => ({
    name: `right to left, ${path}`,
    path,
    open: async (page) => (
      await page.evaluate(() => document.documentElement.setAttribute('dir', 'rtl')),
      // Tabs are scrolled when the width changes.
      page.setViewportSize({ width: 600, height: 640 })
    ),
  });
  const paths = ['/?camera=front', '/?view=grid', '/photos', `/photos/${photo}`, '/settings', '/cameras/front/connect'];
  expect(await faultsOf(await visitors(), paths.map(turned), tightestWindows)).toEqual({});
  const page = await site.open('/?camera=front', { complaints });
  await page.evaluate(() => document.documentElement.setAttribute('dir', 'rtl'));
  // The next camera is on the left, so that is where the key leads.
  await page.keyboard.press('ArrowLeft');
  await page.waitForURL('**/?camera=a-garden-with-a-rather-long-name');
});
