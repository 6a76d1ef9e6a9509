// Answers to forms: a reload of the page that shows one sends nothing again.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csrfFor, startServer, type Csrf, type TestServer } from '../../../test/support/http-server.ts';

let server: TestServer;
let admin: Csrf;

beforeAll(async () => {
  server = await startServer({ origins: ['http://mainsail.local'] });
  admin = await csrfFor(server.app, server.cookie('admin'));
});
afterAll(() => server.close());

const html = 'text/html,application/xhtml+xml';

/** Sends a form as a browser does, from this page. */
function send(
  url: string,
  fields: string,
  { referer, origin, who = admin }: { referer?: string; origin?: string; who?: Csrf },
) {
  return server.app.inject({
    method: 'POST',
    url,
    headers: {
      host: 'here',
      cookie: who.cookie,
      accept: html,
      'content-type': 'application/x-www-form-urlencoded',
      ...(referer === undefined ? {} : { referer }),
      ...(origin === undefined ? {} : { origin }),
    },
    payload: `_csrf=${encodeURIComponent(who.token)}&${fields}`,
  });
}

type Answer = Awaited<ReturnType<typeof send>>;

function get(url: string, answer: Answer, who = admin) {
  const id = answer.cookies.find(({ name }) => name === 'porthole_answer')?.value ?? '';
  return server.app.inject({
    url,
    headers: { host: 'here', accept: html, cookie: `${who.cookie}; porthole_answer=${id}` },
  });
}

describe('the answer to a form', () => {
  it.each([
    ['/account/tokens', 'name=x', '/account', 200, '"token":"porthole_'],
    ['/account/password', 'current=wrong&next=long+enough', '/account', 403, '"field":"current"'],
    ['/cameras/front/connect', 'program=VLC', '/cameras/front/connect?width=640', 200, '"token":"porthole_'],
    ['/cameras/front/connect', 'days=soon', '/cameras/front/connect', 400, 'within the next ten years'],
    [
      '/settings/users',
      'username=viewer&role=viewer&password=long+enough',
      '/settings/users',
      409,
      '"field":"username"',
    ],
    ['/settings/cameras', 'name=Shed&source=nonsense', '/settings/cameras/new', 400, '"field":"source"'],
    ['/settings/cameras/test', 'source=rtsp://192.168.7.7/', '/settings/cameras/new', 200, 'Nothing answers'],
    ['/settings/sites', 'origins=nonsense', '/settings', 400, 'is not the address of a site'],
    ['/photos/delete', '', '/photos', 400, 'Select a photo first.'],
  ])('to %s with %s is shown once at %s', async (url, fields, page, status, text) => {
    const answer = await send(url, fields, { referer: `http://here${page}` });
    expect([answer.statusCode, answer.headers.location]).toEqual([303, page]);
    expect(answer.body).not.toContain('porthole_');
    expect((await get('/', answer)).body).not.toContain(text);
    const shown = await get(page, answer);
    expect([shown.statusCode, shown.body]).toEqual([status, expect.stringContaining(text)]);
    expect(shown.headers['cache-control']).toBe('no-store');
    const again = await get(page, answer);
    expect([again.statusCode, again.body.includes(text)]).toEqual([200, false]);
  });

  it('to a sign-in with a wrong password is shown on its page', async () => {
    const who = await csrfFor(server.app);
    const referer = 'http://here/login?next=%2Fphotos';
    const answer = await send('/login', 'username=viewer&password=wrong&next=/photos', { referer, who });
    expect(answer.headers.location).toBe('/login?next=%2Fphotos');
    expect((await get('/login?next=%2Fphotos', answer, who)).statusCode).toBe(401);
  });

  it('reaches nobody else, even with its cookie', async () => {
    const answer = await send('/account/tokens', 'name=x', { referer: 'http://here/account' });
    const other = await csrfFor(server.app, server.cookie('operator'));
    expect((await get('/account', answer, other)).body).not.toContain('"token":"porthole_');
  });

  it('is found without a Referer, from a browser; other clients get it directly', async () => {
    const fromBrowser = await send('/account/tokens', 'name=x', { origin: 'http://here' });
    expect([fromBrowser.statusCode, fromBrowser.headers.location]).toEqual([303, '/account']);
    const direct = await send('/account/tokens', 'name=x', {});
    expect([direct.statusCode, direct.body]).toEqual([200, expect.stringContaining('"token":"porthole_')]);
  });
});
