import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Csrf, type TestServer, csrfFor, startServer } from '../../test/support/http-server.ts';

const source = 'rtsp://lone-hunter2@192.0.2.7:8554/user=a_password=hunter2.sdp?access_token=hunter2#hunter2';
const shown = 'rtsp://192.0.2.7:8554/…';
let server: TestServer;
let admin: Csrf;

beforeAll(async () => {
  server = await startServer();
  admin = await csrfFor(server.app, server.cookie('admin'));
  expect((await send('POST', '/api/cameras', { name: 'Gate', source })).statusCode).toBe(201);
});
afterAll(() => server.close());

function send(
  method: 'GET' | 'POST' | 'PATCH',
  url: string,
  payload: object | undefined,
  headers = server.bearer('admin'),
) {
  return server.app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
}

function post(url: string, fields: Record<string, string>, { cookie, token }: Csrf = admin) {
  return server.app.inject({
    method: 'POST',
    url,
    payload: new URLSearchParams({ ...fields, _csrf: token }).toString(),
    headers: { cookie, accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' },
  });
}

const stored = async () => (await send('GET', '/api/cameras/gate/source', undefined)).json<unknown>();

describe('the address of a camera', () => {
  it('is shown without path, login and query, in the API, in Settings and in the log', async () => {
    const details = (await send('GET', '/api/cameras/gate', undefined)).json<{ source: string }>();
    expect(details.source).toBe(shown);
    for (const url of ['/settings', '/settings/cameras/gate']) {
      const { body } = await server.app.inject({ url, headers: { cookie: admin.cookie } });
      expect(body).toContain(shown);
      expect(body).not.toContain('hunter2');
    }
    expect(server.logged.join('')).toContain(shown);
    expect(server.logged.join('')).not.toContain('hunter2');
  });

  it('is given in full to admins that ask for it, and to nobody else', async () => {
    const answer = await send('GET', '/api/cameras/gate/source', undefined);
    expect([answer.json(), answer.headers['cache-control']]).toEqual([{ source }, 'no-store']);
    const page = await post('/settings/cameras/gate/address', { name: 'New name' });
    expect([page.statusCode, page.body.includes(JSON.stringify(source)), page.body.includes('New name')]).toEqual([
      200,
      true,
      true,
    ]);
    for (const who of ['operator', 'viewer'] as const) {
      expect((await send('GET', '/api/cameras/gate/source', undefined, server.bearer(who))).statusCode).toBe(403);
      const csrf = await csrfFor(server.app, server.cookie(who));
      expect((await post('/settings/cameras/gate/address', {}, csrf)).statusCode).toBe(403);
    }
    const inAddress = await server.app.inject(`/api/cameras/gate/source?token=${server.token('admin')}`);
    expect(inAddress.statusCode).toBe(401);
  });

  it('stays when it is sent back as shown or left empty, and is refused when only its shown part was changed', async () => {
    expect((await send('PATCH', '/api/cameras/gate', { source: shown, name: 'Gate 2' })).statusCode).toBe(200);
    expect((await post('/settings/cameras/gate', { name: 'Gate 3', source: '' })).statusCode).toBe(303);
    expect((await post('/settings/cameras/gate', { name: 'Gate 4', source: shown })).statusCode).toBe(303);
    const changed = await post('/settings/cameras/gate', { name: 'Gate 5', source: 'rtsp://192.0.2.8/…' });
    expect([changed.statusCode, changed.body.includes('source_invalid')]).toEqual([400, true]);
    expect((await send('POST', '/api/cameras', { name: 'New', source: shown })).statusCode).toBe(400);
    expect(await stored()).toEqual({ source });
    expect(server.cameras.get('gate').name).toBe('Gate 4');
  });

  it('is replaced by one that is written in full', async () => {
    const next = source.replace('hunter2.sdp', 'hunter3.sdp');
    expect((await post('/settings/cameras/gate', { name: 'Gate', source: next })).statusCode).toBe(303);
    expect(await stored()).toEqual({ source: next });
  });
});
