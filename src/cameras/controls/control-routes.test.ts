import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csrfFor, startServer, type Csrf, type Person, type TestServer } from '../../../test/support/http-server.ts';

describe('controls', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.close());

  const inject = (method: 'GET' | 'PATCH' | 'POST', url: string, who: Person, payload?: object) =>
    server.app.inject({
      method,
      url,
      headers: server.bearer(who),
      ...(payload === undefined ? {} : { payload }),
    });

  it('are read by operators, since that may open the device', async () => {
    expect((await inject('GET', '/api/cameras/front/controls', 'viewer')).statusCode).toBe(403);
    const { statusCode, body } = await inject('GET', '/api/cameras/front/controls', 'operator');
    expect(statusCode).toBe(200);
    expect(JSON.parse(body)).toMatchObject([
      { id: 'zoom', value: 5 },
      { id: 'auto', value: true },
      { id: 'focus', type: 'button' },
    ]);
  });

  it('are set and reset by operators', async () => {
    const values = { zoom: 3, auto: false };
    expect((await inject('PATCH', '/api/cameras/front/controls', 'viewer', values)).statusCode).toBe(403);
    expect((await inject('PATCH', '/api/cameras/front/controls', 'operator', values)).statusCode).toBe(200);
    expect(server.devices.changes.at(-1)).toEqual({ path: '/dev/front', values });
    expect((await inject('POST', '/api/cameras/front/controls/reset', 'operator')).statusCode).toBe(200);
    expect(server.devices.changes.at(-1)).toEqual({ path: '/dev/front', values: 'reset' });
  });

  it('refuse a bad value with the field and the range', async () => {
    const bad = await inject('PATCH', '/api/cameras/front/controls', 'operator', { zoom: 99 });
    expect(bad.statusCode).toBe(400);
    expect(JSON.parse(bad.body)).toMatchObject({
      error: { code: 'invalid_input', field: 'zoom', message: 'Zoom takes 1 to 9.' },
    });
    expect((await inject('PATCH', '/api/cameras/front/controls', 'operator', { zoom: 'x' })).statusCode).toBe(400);
  });

  it('have a page for operators, which says why a camera cannot be reached', async () => {
    expect((await inject('GET', '/cameras/front/controls', 'viewer')).statusCode).toBe(403);
    const page = await inject('GET', '/cameras/front/controls', 'operator');
    expect([page.statusCode, page.body.includes('"id":"zoom"')]).toEqual([200, true]);
    await server.cameras.update('front', { enabled: false });
    const off = await inject('GET', '/cameras/front/controls', 'operator');
    await server.cameras.update('front', { enabled: true });
    expect([off.statusCode, off.body.includes('"code":"camera_off"')]).toEqual([200, true]);
  });

  describe('by form', () => {
    let csrf: Csrf;
    beforeAll(async () => {
      csrf = await csrfFor(server.app, server.cookie('operator'));
    });
    const submit = (fields: string) =>
      server.app.inject({
        method: 'POST',
        url: '/cameras/front/controls',
        headers: { cookie: csrf.cookie, 'content-type': 'application/x-www-form-urlencoded' },
        payload: `_csrf=${encodeURIComponent(csrf.token)}&${fields}`,
      });

    it('are set where they differ, a box that is not ticked by the field before it', async () => {
      const answer = await submit('control.zoom=5&control.auto=0');
      expect([answer.statusCode, answer.headers.location]).toEqual([303, '/?camera=front']);
      expect(server.devices.changes.at(-1)).toEqual({ path: '/dev/front', values: { auto: 0 } });
      await submit('control.zoom=6&control.auto=0&control.auto=1');
      expect(server.devices.changes.at(-1)).toEqual({ path: '/dev/front', values: { zoom: 6, auto: 1 } });
    });

    it('are pressed and reset', async () => {
      await submit('press=focus&control.zoom=9');
      expect(server.devices.changes.at(-1)).toEqual({ path: '/dev/front', values: { focus: true } });
      await submit('reset=1&control.zoom=9');
      expect(server.devices.changes.at(-1)).toEqual({ path: '/dev/front', values: 'reset' });
    });

    it('come back with what was wrong', async () => {
      const changes = server.devices.changes.length;
      expect((await submit('control.zoom=99')).statusCode).toBe(303);
      expect((await submit('control.zoom=lots')).statusCode).toBe(303);
      expect(server.devices.changes).toHaveLength(changes);
    });
  });
});
