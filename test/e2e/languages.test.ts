// The pages in German, and the choice of the language.
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { adminPassword } from '../support/server.ts';
import { eventually, frontCamera, useSite } from '../support/site.ts';

const site = useSite({
  args: [...frontCamera, '--camera', 'Gone=file:/nowhere/at/all.mp4', '--allow-addresses', '127.0.0.1'],
});
const german = { locale: 'de-AT' } as const;

/** Chooses a language in the menu of the page. */
async function choose(page: Page, menu: string, name: string): Promise<void> {
  await page.getByLabel(menu).click();
  await page.getByRole('button', { name, exact: true }).click();
}

const language = (page: Page) => page.locator('html').getAttribute('lang');

/** Scripts that this page has loaded of another language than its own. */
const foreignScripts = (page: Page) =>
  page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .map(({ name }) => new URL(name).pathname)
      .filter((path) => path.endsWith('.js') && !path.startsWith('/assets/de/')),
  );

describe('a browser in German', () => {
  it('signs in, reads an error, and watches, with scripts of one language', async () => {
    const page = await site.open('/', { ...german, user: null, complaints: /status of 401/ });
    expect(await page.title()).toBe('Anmelden · Porthole');
    await page.getByLabel('Name').fill('admin');
    await page.getByLabel('Passwort').fill('falsch');
    await page.getByRole('button', { name: 'Anmelden' }).click();
    await page.getByText('Name oder Passwort ist falsch.').waitFor();
    await page.getByLabel('Passwort').fill(adminPassword);
    await page.getByRole('button', { name: 'Anmelden' }).click();
    await page.goto('/?camera=front');
    await page.getByRole('heading', { name: 'Der Stream ist angehalten.' }).waitFor();
    await page.locator('form.start button').click();
    await page.locator('.chip', { hasText: 'Live' }).first().waitFor();
    expect(await foreignScripts(page)).toEqual([]);
  });

  it('reads why a camera fails', async () => {
    const page = await site.open('/?camera=gone', { ...german, complaints: /status of 503/ });
    await page.locator('form.start button').click();
    await page.getByRole('heading', { name: 'Datei nicht gefunden' }).waitFor();
    await page.getByText('Die Datei wurde nicht gefunden. Prüfen Sie den Pfad.').waitFor();
  });

  it('reads why a test of a camera fails', async () => {
    const page = await site.open('/settings/cameras/new', german);
    await page.getByLabel('Host oder Adresse').fill('127.0.0.1:9');
    await page.locator('#test').click();
    await page.locator('#test-result').getByText('Unter 127.0.0.1:9 antwortet nichts.').waitFor();
  });

  it('gets pages that say their language', async () => {
    const visitor = await site.visitor(german);
    const reply = await visitor.request.get('/nowhere', { headers: { accept: 'text/html', 'accept-language': 'de' } });
    expect([reply.status(), reply.headers()['content-language']]).toEqual([404, 'de']);
    expect(await reply.text()).toContain('Unter dieser Adresse gibt es nichts.');
  });

  it('leads from the address of a camera that does not exist to all cameras', async () => {
    const page = await site.open('/?camera=nowhere', { ...german, complaints: /status of 404/ });
    await page.getByText('Die Startseite zeigt die Kameras, die Sie ansehen können.').waitFor();
    await page.getByRole('link', { name: 'Alle Kameras', exact: true }).click();
    await page.waitForURL((url) => url.pathname === '/' && url.search === '');
    await page.locator('.stage[data-camera=front]').waitFor();
  });
});

describe('the menu', () => {
  it('chooses a language before sign-in, and afterwards', async () => {
    const page = await site.open('/login', { user: null });
    await choose(page, 'Preferences', 'Deutsch');
    await eventually(() => language(page)).toBe('de');
    await page.getByLabel('Name').fill('admin');
    await page.getByLabel('Passwort').fill(adminPassword);
    await page.getByRole('button', { name: 'Anmelden' }).click();
    await page.waitForURL((url) => url.pathname === '/');
    await page.goto('/settings/users');
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Benutzer');
    await page.locator('summary.person').click();
    await page.getByRole('button', { name: 'English', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Users' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/settings/users');
    expect(await language(page)).toBe('en');
  });

  it('works without scripts', async () => {
    const page = await site.open('/photos', { javaScriptEnabled: false });
    await page.locator('summary.person').click();
    await page.getByRole('button', { name: 'Deutsch', exact: true }).click();
    await eventually(() => language(page)).toBe('de');
    expect(new URL(page.url()).pathname).toBe('/photos');
  });
});

describe('pages from right to left', () => {
  it('fit into a narrow window', async () => {
    const viewport = { width: 390, height: 844 };
    const pages = [
      await site.open('/login', { user: null, viewport }),
      await site.open('/?camera=front', { viewport }),
    ];
    const wide: string[] = [];
    const measure = async (page: Page | undefined, path: string): Promise<void> => {
      await page?.goto(path);
      const overflow = await page?.evaluate(() => {
        const root = document.documentElement;
        root.dir = 'rtl';
        return root.scrollWidth - root.clientWidth;
      });
      if (overflow !== 0) wide.push(`${path}: ${overflow} px`);
    };
    await measure(pages[0], '/login');
    for (const path of ['/?camera=front', '/', '/photos', '/settings', '/settings/users', '/account']) {
      await measure(pages[1], path);
    }
    expect(wide).toEqual([]);
  });
});
