// The pages on which cameras are watched, in every window: controls can be reached, are not covered, are large enough,
// and nothing scrolls sideways. The other pages are in windows-settings.test.ts.
import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { frontCamera, useSite } from '../support/site.ts';
import { complain, faultsOf, type PageState, tightWindows, unfold, type View } from '../support/windows.ts';

const small = 'test:?width=160&height=120&fps=2';
const site = useSite({
  args: [
    ...frontCamera,
    ...['A garden with a rather long name', 'hall', 'yard', 'cat', 'حديقة'].flatMap((name) => [
      '--camera',
      `${name}=${small}`,
    ]),
    ...['--camera', 'dead=http://127.0.0.1:9/video'],
  ],
});

beforeAll(async () => {
  const client = await site.server.signIn();
  for (let photo = 0; photo < 2; photo += 1) {
    await client.request('/api/cameras/front/photos', { method: 'POST' });
  }
});

/** Keeps the controls on the screen, which hide while nobody moves. */
const stayAwake = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const stay = () => document.body.classList.contains('idle') && document.body.classList.remove('idle');
    new MutationObserver(stay).observe(document.body, { attributeFilter: ['class'] });
    stay();
  });

async function play(page: Page): Promise<void> {
  const start = page.locator('.start button');
  if ((await page.locator('.stage').getAttribute('data-state')) === 'paused') await start.click();
  await page.locator('.stage[data-state=live]').waitFor();
  await stayAwake(page);
}

async function stop(page: Page): Promise<void> {
  if ((await page.locator('.stage').getAttribute('data-state')) !== 'paused')
    await page.locator('form.stop button').click();
  await page.locator('.stage[data-state=paused] .start button').waitFor();
}

/** The stream of a camera that does not respond. */
async function fail(page: Page): Promise<void> {
  await page.locator('.start button').click();
  await page.locator('.over .retry:not([hidden])').waitFor();
}

async function playAll(page: Page): Promise<void> {
  await page.locator('#all button[value="1"]').click();
  for (const id of ['front', 'hall', 'cat']) await page.locator(`.stage[data-camera=${id}][data-state=live]`).waitFor();
}

const showHelp = (page: Page) => page.evaluate(() => document.querySelector<HTMLDialogElement>('#help')?.showModal());
const fillWindow = (page: Page) =>
  page.evaluate(() => {
    document.querySelector('.watch')?.classList.add('filling');
  });

const message: View = { name: 'message', show: complain };
const layout = (which: string): View => ({
  name: `layout ${which}`,
  show: (page) => page.evaluate((each) => document.querySelector('.cams')?.setAttribute('data-layout', each), which),
});
const layouts = ['2', '3', '4', 'large', 'auto'].map(layout);

/** The pages with video, in the states that they can be in. */
const states: readonly PageState[] = [
  {
    name: 'live',
    path: '/?camera=front',
    open: play,
    views: [
      { name: 'menu', show: unfold('.bar .menu'), within: '.bar .sheet' },
      { name: 'stats', show: unfold('#figures') },
      message,
      {
        name: 'message, full screen',
        show: async (page) => (await fillWindow(page), complain(page)),
        within: '.watch',
      },
    ],
  },
  {
    name: 'paused',
    path: '/?camera=hall',
    open: stop,
    views: [
      { name: 'account menu', show: unfold('.top .menu'), within: '.top .sheet' },
      { name: 'keyboard help', show: showHelp },
      message,
    ],
  },
  {
    name: 'controls',
    path: '/?camera=yard',
    open: async (page) => (await play(page), page.keyboard.press('a')),
  },
  { name: 'failed', path: '/?camera=dead', open: fail, views: [message] },
  { name: 'kiosk', path: '/?camera=cat&kiosk', open: play, views: [message] },
  {
    name: 'grid, paused',
    path: '/?view=grid',
    views: [{ name: 'view menu', show: unfold('#view'), within: '#view .sheet' }, message, ...layouts],
  },
  { name: 'grid, live', path: '/?view=grid', open: playAll, views: layouts },
  {
    name: 'grid, arranging',
    path: '/?view=grid',
    open: async (page) => {
      await page.locator('#view > summary').click();
      await page.locator('#arrange').click();
      await page.locator('#arranged').waitFor();
    },
    views: [layout('large'), layout('auto')],
  },
  { name: 'grid, kiosk', path: '/?view=grid&kiosk' },
];

/** Visitors with sessions of their own, because what one starts plays for all pages of its session. */
const visitors = (locale: string) =>
  Promise.all([0, 1, 2].map(() => site.visitor({ hasTouch: true, locale, complaints: /status of (40[04]|422|503)/ })));

it('shows every page with video without a fault in every window', async () => {
  expect(await faultsOf(await visitors('en-GB'), states)).toEqual({});
});

it('shows the longest of them without a fault in German', async () => {
  const german = states.filter(({ name }) => ['paused', 'failed', 'kiosk', 'grid, live'].includes(name));
  const live: PageState = {
    name: 'live',
    path: '/?camera=front',
    open: play,
    views: [
      { name: 'menu', show: unfold('.bar .menu'), within: '.bar .sheet' },
      { name: 'stats', show: unfold('#figures') },
      { name: 'account menu', show: unfold('.top .menu'), within: '.top .sheet' },
      { name: 'keyboard help', show: showHelp },
    ],
  };
  expect(await faultsOf(await visitors('de-DE'), [live, ...german], tightWindows)).toEqual({});
});
