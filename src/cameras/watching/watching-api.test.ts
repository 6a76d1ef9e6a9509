import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Csrf, csrfFor, type Person, startServer, type TestServer } from '../../../test/support/http-server.ts';

let server: TestServer;
const csrf = new Map<Person, Csrf>();
beforeAll(async () => {
  server = await startServer();
  for (const who of ['viewer', 'operator', 'yard'] as const) {
    csrf.set(who, await csrfFor(server.app, server.cookie(who)));
  }
});
afterAll(() => server.close());

async function ask(who: Person, method: 'GET' | 'PATCH', payload?: object): Promise<{ status: number; json: unknown }> {
  const { cookie = '', token = '' } = csrf.get(who) ?? {};
  const headers = { cookie, 'x-csrf-token': token };
  const answer = await server.app.inject({
    method,
    url: '/api/cameras/front/watching',
    headers,
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: answer.statusCode, json: answer.json() };
}

describe('watching', () => {
  it('starts, changes its size and stops for one session only', async () => {
    expect((await ask('viewer', 'GET')).json).toEqual({ streaming: false, width: 'source' });
    expect((await ask('viewer', 'PATCH', { streaming: true, width: 640 })).json).toEqual({
      streaming: true,
      width: 640,
    });
    expect((await ask('viewer', 'PATCH', { width: 'source' })).json).toEqual({ streaming: true, width: 'source' });
    expect((await ask('operator', 'GET')).json).toMatchObject({ streaming: false });
    expect((await ask('viewer', 'PATCH', { streaming: false })).json).toEqual({ streaming: false, width: 'source' });
  });

  it('refuses a bad width, naming it, and cameras that may not be seen', async () => {
    expect(await ask('viewer', 'PATCH', { width: 3 })).toMatchObject({
      status: 400,
      json: { error: { field: 'width' } },
    });
    expect((await ask('yard', 'PATCH', { streaming: true })).status).toBe(404);
    expect((await ask('yard', 'GET')).status).toBe(404);
  });

  it('needs a browser session: a program streams without it', async () => {
    const url = '/api/cameras/front/watching';
    const headers = server.bearer('viewer');
    const answer = await server.app.inject({ method: 'PATCH', url, headers, payload: { streaming: true } });
    expect([answer.statusCode, answer.json()]).toMatchObject([401, { error: { code: 'not_signed_in' } }]);
  });
});
