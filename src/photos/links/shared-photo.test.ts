import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { csrfFor, type Person, startServer, type TestServer } from '../../../test/support/http-server.ts';

interface Link {
  readonly id: string;
  readonly path: string;
  readonly expiresAt: number;
  readonly createdBy: string;
}

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const dayMs = 86_400_000;
const get = (url: string, headers: Record<string, string> = {}) =>
  server.app.inject({ url, headers: { accept: 'text/html', ...headers } });
const list = async (who: Person, photo = 'p-front') =>
  (await server.app.inject({ url: `/api/photos/${photo}/links`, headers: server.bearer(who) })).json<Link[]>();
const create = async (who: Person, photo = 'p-front', days = 1) => {
  const options = { method: 'POST', url: `/api/photos/${photo}/links`, headers: server.bearer(who) } as const;
  return server.app.inject({ ...options, payload: { days } });
};
const link = async (who: Person, photo = 'p-front', days = 1) => (await create(who, photo, days)).json<Link>();
const revoke = (who: Person, id: string, photo = 'p-front') =>
  server.app.inject({ method: 'DELETE', url: `/api/photos/${photo}/links/${id}`, headers: server.bearer(who) });

describe('a link to a photo', () => {
  it('shows this photo to anybody, without cookies, names and ways to the rest, and is kept by nobody', async () => {
    const { path } = await link('operator');
    const page = await get(path);
    expect(page.statusCode).toBe(200);
    for (const secret of ['operator', 'Yard', 'p-yard', 'csrf":"M', '"version":"0']) {
      expect(page.body.includes(secret), secret).toBe(false);
    }
    const file = /\/shared\/[\w-]+\/file\?key=[\w-]+/.exec(page.body)?.[0] ?? '';
    for (const answer of [page, await get(file), await get(path.replace('?', '/thumbnail?'))]) {
      expect(answer.statusCode).toBe(200);
      expect(answer.headers).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-robots-tag': 'noindex',
      });
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
    const download = await get(`${file}&download`);
    expect(download.headers['content-disposition']).toContain('2023-11-14_22-13-20_front_abc123.jpg');
    expect(download.rawPayload.equals((await get('/photos/p-front/file', server.bearer('viewer'))).rawPayload)).toBe(
      true,
    );
  });

  it('opens nothing else: no other photo, no other route, and no other link with its key', async () => {
    const { id, path } = await link('operator');
    const other = await link('operator', 'p-yard');
    const key = new URL(path, server.url).search;
    for (const url of ['/photos/p-front', '/photos/p-front/file', '/api/photos', '/api/cameras', '/']) {
      expect([url, (await get(url + key)).statusCode]).toEqual([
        url,
        url.startsWith('/api') ? 401 : url.endsWith('file') ? 401 : 303,
      ]);
    }
    const wrong = [`/shared/${other.id}${key}`, `/shared/${id}`, `/shared/${id}?key=x`, `/shared/none${key}`];
    for (const url of wrong) {
      for (const part of ['', '/file', '/thumbnail']) {
        expect((await get(url.replace('?', `${part}?`))).statusCode, url + part).toBe(404);
      }
    }
    expect(server.logged.some((line) => line.includes(key.slice(5)))).toBe(false);
  });

  it('ends when it expires, when it is revoked, and with the photo, and says which', async () => {
    const [expires, revoked] = [await link('operator', 'p-front', 7), await link('operator')];
    expect(expires.expiresAt - Date.now()).toBeGreaterThan(6.9 * dayMs);
    expect((await revoke('operator', revoked.id)).statusCode).toBe(204);
    const refused = await get(revoked.path);
    expect([refused.statusCode, refused.body.includes('link_revoked')]).toEqual([410, true]);
    expect((await get(revoked.path.replace('?', '/file?'))).statusCode).toBe(410);
    vi.useFakeTimers({ now: Date.now() + 7.1 * dayMs, toFake: ['Date'] });
    const late = await get(expires.path).finally(() => vi.useRealTimers());
    expect([late.statusCode, late.body.includes('link_expired')]).toEqual([410, true]);

    await server.photos.delete(['p-front'], null);
    const gone = await get(expires.path);
    expect([gone.statusCode, gone.body.includes('was deleted')]).toEqual([404, true]);
    await server.photos.restore(['p-front'], null);
    expect((await get(expires.path)).statusCode).toBe(200);
  });

  it('is made by users who may see the photo, and shows no more than they may see', async () => {
    expect((await create('yard', 'p-front')).statusCode).toBe(404);
    const { path } = await link('yard', 'p-yard');
    expect((await get(path)).statusCode).toBe(200);
    const users = await server.accounts.users.list();
    const id = users.find(({ username }) => username === 'yard')?.id ?? '';
    expect(id).not.toBe('');
    const change = (cameras: readonly string[]) =>
      server.app.inject({
        method: 'PATCH',
        url: `/api/users/${id}`,
        headers: server.bearer('admin'),
        payload: { cameras },
      });
    expect((await change(['front'])).statusCode).toBe(200);
    expect((await get(path)).statusCode).toBe(410);
    await change(['yard']);
    expect((await get(path)).statusCode).toBe(200);
    const watch = await server.accounts.tokens.create({ username: 'admin', name: 'wall', scope: 'watch' });
    const headers = { authorization: `Bearer ${watch.token}` };
    const asWatcher = { method: 'POST', url: '/api/photos/p-front/links', headers, payload: { days: 1 } } as const;
    expect((await server.app.inject(asWatcher)).statusCode).toBe(403);
  });

  it('is listed and revoked by its user, and by operators and admins', async () => {
    const mine = await link('viewer');
    const theirs = await link('operator');
    const ids = async (who: Person) => (await list(who)).map(({ id }) => id);
    expect(await ids('viewer')).toEqual([mine.id]);
    expect(await ids('admin')).toEqual(expect.arrayContaining([mine.id, theirs.id]));
    expect((await revoke('viewer', theirs.id)).statusCode).toBe(404);
    expect((await revoke('viewer', mine.id)).statusCode).toBe(204);
    expect((await revoke('admin', theirs.id, 'p-yard')).statusCode).toBe(404);
    expect((await revoke('admin', theirs.id)).statusCode).toBe(204);
    expect(await ids('viewer')).toEqual([]);
  });

  it('lasts 1, 7 or 30 days, and is one of 20', async () => {
    for (const days of [0, 2, 365]) expect((await create('operator', 'p-yard', days)).statusCode).toBe(400);
    const statuses: number[] = [];
    for (let made = 0; made < 21; made += 1) statuses.push((await create('operator', 'p-yard', 30)).statusCode);
    expect(statuses.at(-1)).toBe(409);
    for (const { id } of await list('admin', 'p-yard')) await revoke('admin', id, 'p-yard');
    expect((await create('operator', 'p-yard', 30)).statusCode).toBe(201);
  });

  it('is made and revoked by forms, which need their CSRF token and lead back to the photo', async () => {
    const { cookie, token } = await csrfFor(server.app, server.cookie('viewer'));
    const post = (url: string, payload: object) =>
      server.app.inject({ method: 'POST', url, headers: { cookie, accept: 'text/html' }, payload });
    expect((await post('/photos/p-front/links', { days: '1' })).statusCode).toBe(403);
    const made = await post('/photos/p-front/links', { days: '1', _csrf: token });
    expect([made.statusCode, made.headers.location]).toEqual([303, '/photos/p-front?share=#share']);
    const [own] = await list('viewer');
    const page = await get('/photos/p-front?share', { cookie });
    expect(page.body).toContain(`localhost:80${own?.path ?? ''}"`);
    await post(`/photos/p-front/links/${own?.id ?? ''}/revoke`, { _csrf: token });
    expect(await list('viewer')).toEqual([]);
  });
});
