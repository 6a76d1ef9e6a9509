import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { App } from './kernel.ts';
import { registerErrors } from './respond.ts';
import { registerStaticFiles } from './static-files.ts';

const app = Fastify() as unknown as App;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'porthole-static-'));
  await mkdir(join(folder, 'assets'));
  await mkdir(join(folder, 'icons'));
  const files = { 'live.js': 'plain', 'live.js.br': 'br', 'live.js.gz': 'gz', 'style.css': 'css', 'secret.txt': 'no' };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, 'assets', name), text);
  await writeFile(join(folder, 'favicon.svg'), '<svg/>');
  registerErrors(app);
  await registerStaticFiles(app, folder);
  await app.ready();
});

afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

async function get(url: string, headers: Record<string, string> = {}): Promise<Awaited<ReturnType<App['inject']>>> {
  return app.inject({ url, headers });
}

describe('built files', () => {
  it.each([
    ['', 'plain', undefined],
    ['gzip, deflate, br, zstd', 'br', 'br'],
    ['gzip', 'gz', 'gzip'],
    ['GZIP;q=0.5', 'gz', 'gzip'],
    ['br;q=0, gzip', 'gz', 'gzip'],
    ['br; q=0.000, gzip;q=0', 'plain', undefined],
    ['identity', 'plain', undefined],
  ])('with Accept-Encoding "%s" are sent as %s', async (accepted, body, coding) => {
    const response = await get('/assets/live.js', { 'accept-encoding': accepted });
    expect([response.statusCode, response.body]).toEqual([200, body]);
    expect(response.headers['content-encoding']).toBe(coding);
    expect(response.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      vary: 'accept-encoding',
      'access-control-allow-origin': '*',
    });
  });

  it('are sent as they are where the build made no coding', async () => {
    const { body, headers } = await get('/assets/style.css', { 'accept-encoding': 'br' });
    expect([body, headers['content-encoding'], headers['cross-origin-resource-policy']]).toEqual([
      'css',
      undefined,
      'same-origin',
    ]);
  });

  it('are kept by browsers: for a year under /assets, for a day elsewhere', async () => {
    expect((await get('/assets/live.js')).headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect((await get('/favicon.svg')).headers['cache-control']).toBe('public, max-age=86400');
  });

  it('are not sent to whoever has them', async () => {
    const { etag } = (await get('/assets/live.js')).headers;
    for (const known of [String(etag), `"other", W/${String(etag)}`, '*']) {
      const response = await get('/assets/live.js', { 'if-none-match': known });
      expect([response.statusCode, response.body]).toEqual([304, '']);
    }
    expect((await get('/assets/live.js', { 'if-none-match': '"other"' })).statusCode).toBe(200);
  });

  it.each(['/assets/secret.txt', '/assets/live.js.br', '/assets/none.js', '/assets/', '/icons/none.png', '/player.js'])(
    'contain no %s',
    async (url) => {
      expect((await get(url)).statusCode).toBe(404);
    },
  );
});
