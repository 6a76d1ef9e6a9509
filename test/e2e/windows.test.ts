// Every page in every window: controls can be reached, are not covered, are large enough, and nothing scrolls sideways.
import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { frontCamera, useSite } from '../support/site.ts';
import { faultsOf, type PageState } from '../support/windows.ts';

const site = useSite({
  args: [...frontCamera, '--camera', 'A garden with a rather long name=test:?width=320&height=240&fps=2'],
});
let photo = '';

beforeAll(async () => {
  const client = await site.server.signIn();
  photo = (await client.json<{ id: string }>('/api/cameras/front/photos', { method: 'POST' })).id;
  await client.request('/api/cameras/front/photos', { method: 'POST' });
});

/** Plays, and keeps the controls on the screen, which hide while nobody moves. */
async function play(page: Page): Promise<void> {
  const start = page.getByRole('button', { name: 'Start streaming' });
  if ((await page.locator('.stage').getAttribute('data-state')) === 'paused') await start.click();
  await page.locator('.stage[data-state=live]').waitFor();
  await page.evaluate(() => {
    const stay = () => document.body.classList.contains('idle') && document.body.classList.remove('idle');
    new MutationObserver(stay).observe(document.body, { attributeFilter: ['class'] });
    stay();
  });
}

async function stop(page: Page): Promise<void> {
  await page.locator('form.stop button').click();
  await page.getByRole('button', { name: 'Start streaming' }).waitFor();
}

/** Shows the longest of messages. */
const complain = (page: Page) =>
  page.evaluate(() => {
    const toast = document.querySelector<HTMLTemplateElement>('#toast-template')?.content.firstElementChild;
    const place = document.querySelector('#toasts');
    if (toast == null || place === null || place.childElementCount > 0) return;
    const shown = document.importNode(toast, true) as HTMLElement;
    shown.dataset.kind = 'error';
    shown.querySelector('.toast-undo')?.setAttribute('hidden', '');
    const text = shown.querySelector('.toast-text');
    if (text !== null) text.textContent = 'Porthole is not responding. Check your connection and try again.';
    place.append(shown);
  });

const fill = (page: Page) => page.evaluate(() => document.querySelector('.watch')?.classList.add('filling'));

const openMenu = (selector: string) => (page: Page) =>
  page.evaluate((menu) => document.querySelector(menu)?.setAttribute('open', ''), selector);

/** The pages of people who are signed in, in the states that they can be in. */
const states = (): readonly PageState[] => [
  { name: 'paused', path: '/?camera=front' },
  { name: 'live', path: '/?camera=front', open: play },
  { name: 'menu', path: '/?camera=front', open: play, each: openMenu('.bar .menu'), within: '.bar .sheet' },
  { name: 'account menu', path: '/?camera=front', each: openMenu('.top .menu'), within: '.top .sheet' },
  { name: 'stats', path: '/?camera=front', open: play, each: openMenu('#figures') },
  {
    name: 'keyboard help',
    path: '/?camera=front',
    open: (page) => page.evaluate(() => document.querySelector<HTMLDialogElement>('#help')?.showModal()),
  },
  { name: 'controls', path: '/?camera=front', open: async (page) => (await play(page), page.keyboard.press('a')) },
  { name: 'kiosk', path: '/?camera=front&kiosk', open: play },
  {
    name: 'message, paused',
    path: '/?camera=front',
    open: async (page) => (await play(page), stop(page)),
    each: complain,
  },
  { name: 'message, live', path: '/?camera=front', open: play, each: complain },
  {
    name: 'message, full screen',
    path: '/?camera=front',
    open: async (page) => (await play(page), fill(page)),
    each: complain,
    within: '.watch',
  },
  { name: 'message, kiosk', path: '/?camera=front&kiosk', open: play, each: complain },
  { name: 'message, photos', path: '/photos', each: complain },
  { name: 'message, settings', path: '/settings', each: complain },
  { name: 'grid', path: '/?view=grid' },
  { name: 'photos', path: '/photos' },
  { name: 'photo', path: `/photos/${photo}` },
  { name: 'settings', path: '/settings' },
  { name: 'new camera', path: '/settings/cameras/new' },
  { name: 'camera form', path: '/settings/cameras/front' },
  { name: 'camera controls', path: '/cameras/front/controls' },
  { name: 'account', path: '/account' },
  { name: 'users', path: '/settings/users' },
  { name: 'API', path: '/api' },
  { name: 'not found', path: '/nowhere' },
];

it('shows every page without a fault in every window', async () => {
  const all = states();
  // Three pages at a time: each mostly waits for the browser to draw. Each has a session of its own, which may be paused.
  const parts = [0, 1, 2].map(async (part) =>
    faultsOf(
      await site.visitor({ hasTouch: true, complaints: /404/ }),
      all.filter((_, index) => index % 3 === part),
    ),
  );
  expect(Object.assign({}, ...(await Promise.all(parts)))).toEqual({});
});

it('shows sign-in without a fault in every window', async () => {
  const visitor = await site.visitor({ hasTouch: true, user: null });
  expect(await faultsOf(visitor, [{ name: 'sign-in', path: '/login' }])).toEqual({});
});
