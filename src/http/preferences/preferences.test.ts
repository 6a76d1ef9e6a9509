import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Csrf, csrfFor, startServer, type TestServer } from '../../../test/support/http-server.ts';
import type { Shell } from '../../pages/models.ts';

let server: TestServer;
let visitor: Csrf;

beforeAll(async () => {
  server = await startServer();
  visitor = await csrfFor(server.app);
});
afterAll(() => server.close());

/** What the sign-in page knows of the browser that asks for it. */
async function shell(headers: Record<string, string> = {}, url = '/login'): Promise<Shell> {
  const { body } = await server.app.inject({ url, headers: { accept: 'text/html', ...headers } });
  return JSON.parse(/<pre>(.*)<\/pre>/.exec(body)?.[1]?.replaceAll('&lt;', '<') ?? '') as Shell;
}

function choose(fields: string, headers: Record<string, string> = {}) {
  return server.app.inject({
    method: 'POST',
    url: '/preferences',
    headers: {
      cookie: visitor.cookie,
      accept: 'text/html',
      'content-type': 'application/x-www-form-urlencoded',
      ...headers,
    },
    payload: `_csrf=${encodeURIComponent(visitor.token)}&${fields}`,
  });
}

describe('preferences', () => {
  it('are kept by the browser, one at a time, and lead back to their page', async () => {
    const dark = await choose('theme=dark&next=/login?next=/photos');
    expect([dark.statusCode, dark.headers.location]).toEqual([303, '/login?next=/photos']);
    const [first] = dark.cookies.filter(({ name }) => name === 'porthole_preferences');
    expect(first).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/', maxAge: 31_536_000 });
    const kept = `porthole_preferences=${encodeURIComponent(first?.value ?? '')}`;
    const both = await choose('data=reduced', { cookie: `${visitor.cookie}; ${kept}`, accept: 'application/json' });
    expect(both.json()).toEqual({ language: 'auto', theme: 'dark', data: 'reduced', savesData: true });
    expect((await shell({ cookie: kept })).preferences).toEqual({ language: 'auto', theme: 'dark', data: 'auto' });
  });

  it('need a CSRF token', async () => {
    expect((await choose('theme=dark', { cookie: '' })).statusCode).toBe(403);
  });

  it('that do not exist are ignored', async () => {
    const cookie = 'porthole_preferences=theme%3Dpink%26data%3D%22%3E%26__proto__%3D1';
    expect((await shell({ cookie })).preferences).toEqual({ language: 'auto', theme: 'system', data: 'auto' });
    expect((await choose('theme=pink', { accept: 'application/json' })).json()).toMatchObject({ theme: 'system' });
  });

  it('of a theme may be in the address, for frames without cookies', async () => {
    expect((await shell({}, '/login?theme=light')).preferences.theme).toBe('light');
  });

  it("follow the browser's data saver unless somebody has chosen", async () => {
    expect((await shell()).savesData).toBe(false);
    expect((await shell({ 'save-data': 'on' })).savesData).toBe(true);
    expect((await shell({ 'save-data': 'on', cookie: 'porthole_preferences=data%3Dfull' })).savesData).toBe(false);
    expect((await shell({ cookie: 'porthole_preferences=data%3Dreduced' })).savesData).toBe(true);
  });
});

describe('the language', () => {
  it("is the browser's until somebody chooses one", async () => {
    expect((await shell()).language).toBe('en');
    const german = { 'accept-language': 'de-AT,de;q=0.9,en;q=0.5' };
    expect(await shell(german)).toMatchObject({ language: 'de', times: { locale: 'de-AT' } });
    const chosen = await choose('language=en', german);
    const kept = chosen.cookies.find(({ name }) => name === 'porthole_preferences')?.value ?? '';
    const cookie = `porthole_preferences=${encodeURIComponent(kept)}`;
    expect(await shell({ ...german, cookie })).toMatchObject({ language: 'en', preferences: { language: 'en' } });
    expect((await shell({ ...german, cookie: 'porthole_preferences=language%3Dtlh' })).language).toBe('de');
  });

  it('is that of errors and their headers, and English for programs that ask for none', async () => {
    const get = (headers: Record<string, string>) => server.app.inject({ url: '/api/nowhere', headers });
    const english = await get({});
    expect(english.json<{ error: object }>().error).toEqual({
      code: 'not_found',
      message: 'There is nothing at this address.',
    });
    const german = await get({ 'accept-language': 'de' });
    expect(german.json<{ error: { message: string } }>().error.message).toBe('Unter dieser Adresse gibt es nichts.');
    expect(german.headers).toMatchObject({
      'content-language': 'de',
      vary: expect.stringMatching(/^accept-language, cookie/) as string,
    });
  });
});

describe('times', () => {
  const serverZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

  it("are in the browser's zone as soon as its script has told it, in the format of its region", async () => {
    expect((await shell()).times).toEqual({ locale: 'en-GB', zone: null, serverZone });
    const cookie = 'porthole_zone=America%2FNew_York';
    expect((await shell({ cookie, 'accept-language': 'en-US,de-DE;q=0.9' })).times).toMatchObject({
      locale: 'en-US',
      zone: 'America/New_York',
    });
  });

  it.each(['Nowhere/At_All', '../etc', '%00', 'x'.repeat(4_000)])('ignore the zone %s', async (zone) => {
    expect((await shell({ cookie: `porthole_zone=${encodeURIComponent(zone)}` })).times.zone).toBeNull();
  });
});
