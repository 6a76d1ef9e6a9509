import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LivePage } from '../../../test/support/live-page.ts';
import { type Csrf, csrfFor, type Person, startServer, type TestServer } from '../../../test/support/http-server.ts';
import type { Shell } from '../../pages/models.ts';

let server: TestServer;
const csrf = new Map<Person, Csrf>();
beforeAll(async () => {
  server = await startServer();
  for (const who of ['viewer', 'operator', 'yard'] as const) {
    csrf.set(who, await csrfFor(server.app, server.cookie(who)));
  }
});
afterAll(() => server.close());

type Method = 'GET' | 'PATCH' | 'POST';

async function ask(who: Person, method: Method, url: string, payload?: object) {
  const { cookie = '', token = '' } = csrf.get(who) ?? {};
  const headers = { cookie, 'x-csrf-token': token, accept: 'application/json' };
  const answer = await server.app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
  return { status: answer.statusCode, json: answer.json<unknown>() };
}

/** The cameras of a page's navigation. */
function tabsIn(html: string): readonly string[] {
  const model = /<pre>(.*)<\/pre>/.exec(html)?.[1]?.replaceAll('&lt;', '<') ?? '{}';
  return (JSON.parse(model) as Shell).cameras.map(({ id }) => id);
}

describe('the grid', () => {
  it('is laid out for each user alone, and part by part', async () => {
    const first = { layout: 'auto', order: [], autoStart: false };
    expect((await ask('viewer', 'GET', '/api/grid')).json).toEqual(first);
    await ask('viewer', 'PATCH', '/api/grid', { layout: 'large' });
    await ask('viewer', 'PATCH', '/api/grid', { order: ['yard', 'front'], autoStart: true });
    const changed = { layout: 'large', order: ['yard', 'front'], autoStart: true };
    expect((await ask('viewer', 'GET', '/api/grid')).json).toEqual(changed);
    expect((await ask('operator', 'GET', '/api/grid')).json).toEqual(first);
    expect((await ask('viewer', 'PATCH', '/api/grid', { layout: '5' })).status).toBe(400);
  });

  it('is arranged by a form too', async () => {
    await ask('operator', 'POST', '/grid', { layout: '3', up: 'yard' });
    const changed = { layout: '3', order: ['yard', 'front'], autoStart: false };
    expect((await ask('operator', 'GET', '/api/grid')).json).toEqual(changed);
  });

  it('is the order of cameras on every page and in its socket', async () => {
    const headers = { cookie: server.cookie('operator'), accept: 'text/html' };
    for (const url of ['/?camera=front', '/photos', '/account', '/nowhere']) {
      expect(tabsIn((await server.app.inject({ url, headers })).body), url).toEqual(['yard', 'front']);
    }
    using page = await LivePage.open(server.url, { cookie: server.cookie('operator') });
    await expect.poll(() => page.messages[0]).toMatchObject({ cameras: [{ id: 'yard' }, { id: 'front' }] });
  });

  it('of a visitor of public access is in a cookie, and a wrong cookie counts as none', async () => {
    await using own = {
      server: await startServer({ config: { access: 'public' } }),
      async [Symbol.asyncDispose]() {
        await this.server.close();
      },
    };
    const { app } = own.server;
    const { cookie, token } = await csrfFor(app);
    const headers = { cookie, 'x-csrf-token': token };
    const order = ['yard'];
    const answer = await app.inject({ method: 'PATCH', url: '/api/grid', headers, payload: { layout: '2', order } });
    const kept = answer.cookies.find(({ name }) => name === 'porthole_grid')?.value ?? '';
    const page = { cookie: `porthole_grid=${kept}`, accept: 'text/html' };
    expect(tabsIn((await app.inject({ url: '/?camera=front', headers: page })).body)).toEqual(['yard', 'front']);
    const read = async (value: string) =>
      (await app.inject({ url: '/api/grid', headers: { cookie: `porthole_grid=${value}` } })).json<unknown>();
    expect(await read(kept)).toEqual({ layout: '2', order, autoStart: false });
    for (const wrong of ['%', 'bm9uc2Vuc2U', Buffer.from('{"layout":"x"}').toString('base64url')]) {
      expect(await read(wrong)).toMatchObject({ layout: 'auto' });
    }
  });
});

describe('the page with all cameras', () => {
  it('opens the cameras that it plays before its script asks for them, unless it is only prefetched', async () => {
    const kinds = () => server.cameras.list().map(({ state }) => state.kind);
    const open = (headers: Record<string, string> = {}) =>
      server.app.inject({ url: '/?view=grid', headers: { cookie: server.cookie('viewer'), ...headers } });
    await ask('viewer', 'PATCH', '/api/watching', { streaming: true, cameras: ['front'] });
    await open({ 'sec-purpose': 'prefetch' });
    expect(kinds()).toEqual(['closed', 'closed']);
    await open();
    await expect.poll(kinds).toEqual([expect.stringMatching(/opening|live/), 'closed']);
    await ask('viewer', 'PATCH', '/api/watching', { streaming: false });
  });
});

describe('Start and Stop of all cameras', () => {
  it('change those that the user may see, in this session, also some of them', async () => {
    const watching = async (who: Person, id: string) =>
      (await ask(who, 'GET', `/api/cameras/${id}/watching`)).json as { streaming: boolean };
    await ask('viewer', 'PATCH', '/api/cameras/yard/watching', { width: 640 });
    expect((await ask('viewer', 'PATCH', '/api/watching', { streaming: true })).json).toEqual([
      { camera: 'front', watching: { streaming: true, width: 'source' } },
      { camera: 'yard', watching: { streaming: true, width: 640 } },
    ]);
    expect(await watching('operator', 'front')).toMatchObject({ streaming: false });
    await ask('viewer', 'PATCH', '/api/watching', { streaming: false, cameras: ['front'] });
    expect([await watching('viewer', 'front'), await watching('viewer', 'yard')]).toMatchObject([
      { streaming: false },
      { streaming: true },
    ]);
    expect((await ask('yard', 'POST', '/stream/all', { streaming: '1' })).json).toMatchObject([{ camera: 'yard' }]);
    const headers = server.bearer('viewer');
    const program = { method: 'PATCH', url: '/api/watching', headers, payload: { streaming: true } } as const;
    expect((await server.app.inject(program)).statusCode).toBe(401);
  });
});
