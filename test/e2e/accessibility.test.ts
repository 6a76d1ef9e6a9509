// Checks every page and its states with axe-core, in dark, in light and with forced colours.
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { accessibilityViolations } from '../support/browser.ts';
import { eventually, frontCamera, useSite, type VisitorOptions } from '../support/site.ts';

const site = useSite({
  args: [
    ...frontCamera,
    '--camera',
    'Gone=file:/nowhere/at/all.mp4',
    '--camera',
    'Garden=test:?width=320&height=240&fps=5',
  ],
});
let photo = '';
/** A photo that is deleted and brought back. */
let deleted = '';
let shared = '';

beforeAll(async () => {
  const client = await site.server.signIn();
  for (let index = 0; index < 3; index += 1) {
    deleted = photo;
    photo = (await client.json<{ id: string }>('/api/cameras/front/photos', { method: 'POST' })).id;
  }
  const link = await client.send('POST', `/api/photos/${photo}/links`, { days: 7 });
  shared = ((await link.json()) as { path: string }).path;
  await client.send('POST', '/api/users', {
    username: 'ada',
    password: 'quite long enough',
    role: 'viewer',
    cameras: ['front'],
  });
  await client.send('POST', '/api/users', {
    username: 'nobody',
    password: 'quite long enough',
    role: 'viewer',
    cameras: [],
  });
  await client.send('POST', '/api/cameras', { name: 'Off', source: 'test:' });
  await client.send('PATCH', '/api/cameras/off', { enabled: false });
  await client.send('POST', '/api/tokens', { name: 'Printer' });
});

const live = async (page: Page) => {
  const start = page.getByRole('button', { name: 'Start streaming' });
  if (await start.isVisible()) await start.click();
  await page.locator('.stage[data-state=live]').waitFor();
};

/** A page, and what is done on it before the look, and after it. */
type Case = readonly [
  name: string,
  path: () => string,
  prepare?: (page: Page) => Promise<unknown>,
  leave?: (page: Page) => Promise<unknown>,
];

const cases: readonly Case[] = [
  ['the live page, paused', () => '/?camera=garden'],
  ['the live page, live', () => '/?camera=front', live],
  [
    'the live page with figures and menus',
    () => '/?camera=front&figures',
    async (page) => {
      await live(page);
      await page.getByLabel('More', { exact: true }).click();
    },
  ],
  [
    'the live page with the list of keys',
    () => '/?camera=front',
    async (page) => {
      await page.keyboard.press('?');
      await page.getByRole('heading', { name: 'Keyboard shortcuts' }).waitFor();
    },
  ],
  [
    'a camera that cannot be opened',
    () => '/?camera=gone',
    async (page) => {
      await page.getByRole('button', { name: 'Start streaming' }).click();
      await eventually(() => page.locator('.stage').getAttribute('data-state')).toMatch(/failed|reconnecting/);
    },
  ],
  ['a camera that is off', () => '/?camera=off'],
  ['the kiosk', () => '/?camera=front&kiosk', live],
  ['the grid', () => '/?view=grid'],
  ['the gallery', () => '/photos'],
  [
    'the gallery with something selected',
    () => '/photos',
    async (page) => {
      await page.locator('.tick').first().click();
      await page.locator('.actions').waitFor();
    },
  ],
  ['an empty gallery', () => '/photos?camera=garden'],
  ['a photo', () => `/photos/${photo}`],
  ['the light theme on a dark system', () => '/settings?theme=light'],
  ['the dark theme on a light system', () => '/settings?theme=dark'],
  ['the account menu', () => '/photos', (page) => page.getByLabel('Your account, admin').click()],
  ['the settings of cameras', () => '/settings'],
  [
    'a new camera with a good test',
    () => '/settings/cameras/new',
    async (page) => {
      await page.getByLabel('Name').fill('x');
      await page.getByLabel('Host or address').fill('test:?width=320&height=240&fps=5');
      await page.getByRole('button', { name: 'Test' }).click();
      await page.locator('#test-result [role=status]').waitFor();
    },
  ],
  [
    'a new camera with a bad test',
    () => '/settings/cameras/new?source=nonsense',
    async (page) => {
      await page.getByLabel('Name').fill('x');
      await page.getByRole('button', { name: 'Test' }).click();
      await page.locator('#test-result [role=alert]').waitFor();
    },
  ],
  [
    'a camera about to be removed',
    () => '/settings/cameras/front',
    (page) => page.locator('summary', { hasText: 'Remove front' }).click(),
  ],
  [
    'the users',
    () => '/settings/users',
    async (page) => {
      await page.locator('.people summary', { hasText: 'ada' }).first().click();
    },
  ],
  [
    'the account with a new token',
    () => '/account',
    async (page) => {
      await page.getByLabel('Program name').fill('axe');
      await page.getByRole('button', { name: 'Create token' }).click();
      await page.getByLabel('New token').waitFor();
    },
  ],
  [
    'the account, where a token may be revoked',
    () => '/account',
    (page) => page.locator('summary', { hasText: 'Revoke' }).first().click(),
  ],
  [
    'the addresses of a camera with a new token',
    () => '/cameras/front/connect',
    async (page) => {
      await page.locator('#home-assistant > summary').click();
      await page.getByRole('button', { name: 'Create token for Home Assistant' }).click();
      await page.locator('#new-token').waitFor();
    },
  ],
  ['a frame', () => '/cameras/front/embed'],
  [
    'a photo with the panel to share it',
    () => `/photos/${photo}`,
    async (page) => {
      await page.locator('summary', { hasText: 'Share' }).click();
      await page.getByRole('button', { name: 'Copy link' }).waitFor();
    },
  ],
  ['a shared photo', () => shared],
  ['a link that does not work', () => `${shared}x`],
  ['a frame without a camera', () => '/cameras/nothing/embed'],
  ['the page after set-up', () => '/welcome'],
  [
    'a user that cannot be saved',
    () => '/settings/users',
    async (page) => {
      const admin = page.locator('.people li', { has: page.locator('.tag') });
      await admin.locator('summary').first().click();
      await admin.getByLabel('Role').selectOption('viewer');
      await admin.getByRole('button', { name: 'Save' }).click();
      await page.locator('.people .err').waitFor();
    },
  ],
  ['the API', () => '/api', (page) => page.locator('details.fold > summary').first().click()],
  ['what is not there', () => '/nothing/here'],
  [
    'a message with Undo',
    () => `/photos/${deleted}`,
    async (page) => {
      await page.getByRole('button', { name: 'Delete' }).click();
      await page.getByRole('button', { name: 'Undo' }).waitFor();
    },
    async (page) => {
      await page.getByRole('button', { name: 'Undo' }).click();
      await page.getByText('The photo is back.').waitFor();
    },
  ],
];

const signedOut: readonly Case[] = [
  ['sign-in', () => '/login'],
  [
    'sign-in with a wrong password',
    () => '/login',
    async (page) => {
      await page.getByLabel('Name').fill('nobody');
      await page.getByLabel('Password').fill('wrong');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.locator('#password-error').waitFor();
    },
  ],
];

/** What depends on the theme: names, roles and structure are the same in each. */
const rulesOfColours = ['color-contrast', 'link-in-text-block'] as const;

/** Both themes, and a contrast theme. */
const looks = [
  ['dark', { colorScheme: 'dark', forcedColors: 'none' }],
  ['light', { colorScheme: 'light', forcedColors: 'none' }],
  ['forced colours', { colorScheme: 'dark', forcedColors: 'active' }],
] as const;

/**
 * Looks at states of pages, in each appearance; what is wrong, by state and appearance. Three visitors with sessions of
 * their own share them, because each mostly waits.
 */
async function look(list: readonly Case[], options: VisitorOptions = {}): Promise<Record<string, readonly string[]>> {
  const faults: Record<string, readonly string[]> = {};
  const waiting = [...list];
  const visit = async (): Promise<void> => {
    // Nothing is half faded in when axe measures contrasts.
    const visitor = await site.visitor({
      reducedMotion: 'reduce',
      complaints: /status of (401|404|409|410|503)/,
      ...options,
    });
    const page = await visitor.newPage();
    for (let each = waiting.shift(); each !== undefined; each = waiting.shift()) {
      const [name, path, prepare, leave] = each;
      await page.goto(path());
      await prepare?.(page);
      for (const [appearance, media] of looks) {
        await page.emulateMedia(media);
        const found = await accessibilityViolations(page, appearance === 'dark' ? undefined : rulesOfColours);
        if (found.length > 0) faults[`${name}, ${appearance}`] = found;
      }
      await leave?.(page);
    }
  };
  await Promise.all(list.slice(0, 3).map(visit));
  return faults;
}

it('axe-core would find what is wrong, in either theme', async () => {
  const page = await site.open('/account');
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const backgrounds = new Set<string>();
  for (const [, media] of looks) {
    await page.emulateMedia(media);
    backgrounds.add(await background());
  }
  expect(backgrounds.size, 'the theme changes without another load').toBe(3);
  await page.emulateMedia(looks[1][1]);
  await page.evaluate(() => document.querySelector('h1')?.style.setProperty('color', 'var(--line)'));
  expect((await accessibilityViolations(page, rulesOfColours)).join()).toContain('color-contrast');
  await page.evaluate(() => document.documentElement.removeAttribute('lang'));
  expect((await accessibilityViolations(page)).join()).toContain('html-has-lang');
});

describe('in dark, in light and with forced colours', () => {
  it('axe-core finds nothing on any page', async () => {
    expect(await look(cases)).toEqual({});
  });

  it('nor before sign-in', async () => {
    expect(await look(signedOut, { user: null })).toEqual({});
  });

  it('nor for somebody who may see no camera', async () => {
    const user = { name: 'nobody', password: 'quite long enough' };
    expect(await look([['no camera', () => '/']], { user })).toEqual({});
  });

  it('nor on a phone', async () => {
    const phone = { viewport: { width: 390, height: 700 }, isMobile: true, hasTouch: true };
    const some = new Set(['the live page, live', 'the grid', 'the gallery', 'a photo', 'the settings of cameras']);
    expect(
      await look(
        cases.filter(([name]) => some.has(name)),
        phone,
      ),
    ).toEqual({});
  });
});
