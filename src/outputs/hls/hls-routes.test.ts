import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { PortholeError } from '../../domain/errors.ts';
import { fakes } from '../../http/fakes.ts';
import { type TestServer, startServer } from '../../http/testing.ts';

const headers = { authorization: 'Bearer token-viewer' };
let server: TestServer;

beforeAll(async () => {
  server = await startServer(fakes({}, { cors_origins: ['http://player.local'] }));
});
afterAll(() => server.app.close());
beforeEach(() => {
  server.deps.cameras.broken = null;
  server.deps.delivery.players.clear();
});

const get = (url: string, more: Record<string, string> = headers) => server.app.inject({ url, headers: more });

describe('a playlist', () => {
  it('has its media type, is kept by nobody, and names its files relative to itself', async () => {
    const response = await get('/cameras/front/index.m3u8?width=600');
    expect(response.headers).toMatchObject({
      'content-type': 'application/vnd.apple.mpegurl',
      'cache-control': 'no-store',
    });
    expect(response.body).toContain('\nhls/600/7.mp4\n');
  });

  it('gives its files the token that it was asked for with, and only then', async () => {
    expect((await get('/cameras/front/index.m3u8?token=token-viewer', {})).body).toContain(
      'hls/source/7.mp4?token=token-viewer\n',
    );
    expect((await get('/cameras/front/index.m3u8?width=600')).body).not.toContain('token');
  });

  it('is found by the address of go2rtc too', async () => {
    expect((await get('/api/stream.m3u8?src=Yard&mp4')).body).toContain('\n../cameras/yard/hls/source/7.mp4\n');
  });

  it('counts one player for each credential and address, and none for HEAD', async () => {
    await server.app.inject({ method: 'HEAD', url: '/cameras/front/index.m3u8', headers });
    expect(server.deps.delivery.players.size).toBe(0);
    for (const name of ['viewer', 'viewer', 'admin']) {
      await get('/cameras/front/index.m3u8', { authorization: `Bearer token-${name}` });
    }
    expect([...server.deps.delivery.players.keys()]).toEqual(['token:viewer 127.0.0.1', 'token:admin 127.0.0.1']);
  });

  it('waits for the segment and the part that the player asks for', async () => {
    const { body } = await get('/cameras/front/index.m3u8?_HLS_msn=12&_HLS_part=3');
    expect(body).toContain('#{"segment":12,"part":3}');
  });

  it.each(['_HLS_msn=x', '_HLS_msn=-1', '_HLS_part=1', '_HLS_msn=1&_HLS_part=1.5', 'width=0'])(
    '?%s is a clear 400',
    async (query) => {
      const response = await get(`/cameras/front/index.m3u8?${query}`);
      expect(response.statusCode).toBe(400);
      expect(response.headers['content-type']).toContain('text/plain');
      expect(response.body).toMatch(/^(_HLS_(msn|part)|width) /);
    },
  );

  it('goes on in the stream that the player has, whatever its words mean by now', async () => {
    const { delivery } = server.deps;
    const before = await get('/cameras/front/index.m3u8?width=800&audio=1');
    // As while a photo takes the camera to another size: it has no sound for a moment, and the width is another one.
    const meanwhile = delivery.hls('front', 'source', { audio: false });
    const other = vi.spyOn(delivery, 'hls').mockReturnValue(meanwhile);
    const during = await get('/cameras/front/index.m3u8?width=800&audio=1');
    expect([during.body, other.mock.calls.length]).toEqual([before.body, 0]);
    expect((await get('/cameras/front/hls/800-sound/7.mp4')).statusCode).toBe(200);
    delivery.players.clear();
    expect((await get('/cameras/front/index.m3u8?width=800&audio=1')).body).toContain('hls/source/7.mp4');
    other.mockRestore();
  });

  it('says in words why the camera cannot be opened', async () => {
    server.deps.cameras.broken = new PortholeError('camera_missing');
    const response = await get('/cameras/front/index.m3u8');
    expect([response.statusCode, response.headers['retry-after']]).toEqual([503, '2']);
    expect(response.body).toMatch(/^No camera is plugged in/);
  });
});

describe('a file of a playlist', () => {
  beforeEach(() => get('/cameras/front/index.m3u8'));

  it('is MP4', async () => {
    const response = await get('/cameras/front/hls/source/7.mp4');
    expect(response.body).toBe('segment');
    expect(response.headers).toMatchObject({ 'content-type': 'video/mp4', 'cache-control': 'no-store' });
  });

  it.each(['source/6.mp4', 'source/..%2f7.mp4', '640/x'])('%s that is not there is a 404', async (name) => {
    expect((await get(`/cameras/front/hls/${name}`)).statusCode).toBe(404);
  });

  it('of a stream that nobody plays is a 404, and makes none', async () => {
    const made = vi.spyOn(server.deps.delivery, 'hls');
    expect((await get('/cameras/front/hls/320/7.mp4')).statusCode).toBe(404);
    expect((await get('/cameras/yard/hls/640/7.mp4')).statusCode).toBe(404);
    expect(made).not.toHaveBeenCalled();
    made.mockRestore();
  });

  it('needs a sign-in each time, so that a revoked token gets nothing more', async () => {
    expect((await get('/cameras/front/hls/source/7.mp4', {})).statusCode).toBe(401);
    const token = await get('/cameras/front/hls/source/7.mp4?token=token-nobody', {});
    expect(token.statusCode).toBe(401);
  });
});

describe('pages of another origin', () => {
  it.each(['/cameras/front/index.m3u8', '/cameras/front/hls/source/7.mp4'])(
    'may read %s only where an admin has allowed them',
    async (url) => {
      const allowed = await get(url, { ...headers, origin: 'http://player.local' });
      expect(allowed.headers['access-control-allow-origin']).toBe('http://player.local');
      const foreign = await get(url, { ...headers, origin: 'http://evil.example' });
      expect(foreign.headers).not.toHaveProperty('access-control-allow-origin');
      const preflight = await server.app.inject({
        method: 'OPTIONS',
        url,
        headers: { origin: 'http://player.local' },
      });
      expect(preflight.headers['access-control-allow-headers']).toBe('Authorization');
    },
  );
});
