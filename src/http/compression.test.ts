import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csrfFor, startServer, type TestServer } from '../../test/support/http-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const get = (url: string, coding?: string, more: Record<string, string> = {}) =>
  server.app.inject({
    url,
    headers: { ...server.bearer('admin'), ...(coding === undefined ? {} : { 'accept-encoding': coding }), ...more },
  });

describe('pages and JSON', () => {
  it.each([
    ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
    ['br;q=0, gzip', 'gzip', gunzipSync],
  ] as const)('are compressed for a client that accepts %s', async (accepted, coding, decompress) => {
    const plain = await get('/api/openapi.json');
    const coded = await get('/api/openapi.json', accepted);
    expect(coded.headers).toMatchObject({ 'content-encoding': coding, vary: 'accept-encoding' });
    expect(Number(coded.headers['content-length'])).toBe(coded.rawPayload.length);
    expect(coded.rawPayload.length).toBeLessThan(plain.rawPayload.length / 4);
    expect(decompress(coded.rawPayload).equals(plain.rawPayload)).toBe(true);
    const page = await get('/api', accepted, { accept: 'text/html' });
    expect(page.headers).toMatchObject({
      'content-encoding': coding,
      vary: 'accept-language, cookie, accept-encoding',
    });
    expect(decompress(page.rawPayload).toString()).toContain('<title>apiDescription');
  });

  it('are plain for others, and told apart by caches', async () => {
    for (const accepted of [undefined, 'identity', 'br;q=0, gzip;q=0.0']) {
      const { headers } = await get('/api/openapi.json', accepted);
      expect([headers['content-encoding'], headers.vary]).toEqual([undefined, 'accept-encoding']);
    }
  });

  it('that are small are plain', async () => {
    const { headers, body } = await get('/api/settings', 'br');
    expect(body.length).toBeLessThan(1_024);
    expect(headers['content-encoding']).toBeUndefined();
  });

  it('have the same head for HEAD', async () => {
    const headers = { ...server.bearer('admin'), 'accept-encoding': 'br' };
    const head = await server.app.inject({ method: 'HEAD', url: '/api/openapi.json', headers });
    const { length } = (await get('/api/openapi.json', 'br')).rawPayload;
    expect([head.headers['content-encoding'], Number(head.headers['content-length'])]).toEqual(['br', length]);
    expect(head.rawPayload).toHaveLength(0);
  });

  it('have another CSRF token in every answer', async () => {
    const { cookie, token } = await csrfFor(server.app);
    const tokens = [token];
    for (let index = 0; index < 2; index += 1) {
      const { body } = await server.app.inject({ url: '/login', headers: { cookie } });
      tokens.push(/"csrf":"([^"]+)"/.exec(body)?.[1] ?? '');
    }
    // `OWNER-SALT-HASH`: the owner's part is a hash too, and worth nothing without the others.
    const secrets = tokens.map((each) => each.slice(each.indexOf('-') + 1));
    expect(new Set(secrets.map((each) => each.slice(0, 8))).size, 'of the salts').toBe(3);
    expect(new Set(secrets.map((each) => each.slice(-20))).size, 'of the hashes').toBe(3);
    for (const each of tokens) {
      const headers = { cookie, 'x-csrf-token': each, accept: 'application/json' };
      expect((await server.app.inject({ method: 'POST', url: '/preferences', headers, payload: {} })).statusCode).toBe(
        200,
      );
    }
  });
});

describe('everything else', () => {
  it.each(['/cameras/front/snapshot.jpg', '/photos/p-front/file', '/metrics', '/assets/none.js'])(
    '%s is sent as it is',
    async (url) => {
      const { headers } = await get(url, 'gzip, br');
      expect(headers['content-encoding']).toBeUndefined();
    },
  );

  it('a stream is sent as it comes', async () => {
    const abort = new AbortController();
    const response = await fetch(`${server.url}/cameras/front/stream.mjpeg`, {
      headers: { ...server.bearer('admin'), 'accept-encoding': 'gzip, br' },
      signal: abort.signal,
    });
    expect([response.status, response.headers.get('content-encoding')]).toEqual([200, null]);
    abort.abort();
  });
});
