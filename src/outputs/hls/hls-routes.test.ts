import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { PortholeError } from '../../domain/errors.ts';
import { type TestServer, startServer } from '../../../test/support/http-server.ts';

let headers: { readonly authorization: string };
let server: TestServer;

beforeAll(async () => {
  server = await startServer({ origins: ['http://player.local'] });
  headers = server.bearer('viewer');
});
afterAll(() => server.close());

const get = (url: string, more: Record<string, string> = headers) => server.app.inject({ url, headers: more });
/** The URLs of a playlist. */
const urisOf = ({ body }: { readonly body: string }): readonly string[] =>
  body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe('a playlist', () => {
  it('has its media type, is kept by nobody, and names its files relative to itself', async () => {
    const response = await get('/cameras/front/index.m3u8?width=600');
    expect(response.headers).toMatchObject({
      'content-type': 'application/vnd.apple.mpegurl',
      'cache-control': 'no-store',
    });
    expect(urisOf(response)[0]).toMatch(/^hls\/640\/[\w-]+\.\w+$/);
  });

  it('gives its files the token that it was asked for with, and only then', async () => {
    const token = server.token('viewer');
    const [uri = ''] = urisOf(await get(`/cameras/front/index.m3u8?token=${token}`, {}));
    expect([uri.split('?')[0], uri.split('?')[1]]).toEqual([
      expect.stringMatching(/^hls\/source\/[\w-]+\.\w+$/),
      `token=${token}`,
    ]);
    expect((await get('/cameras/front/index.m3u8?width=600')).body).not.toContain('token');
  });

  it('is found by the address of go2rtc too', async () => {
    expect(urisOf(await get('/api/stream.m3u8?src=Yard&mp4'))[0]).toMatch(/^\.\.\/cameras\/yard\/hls\/source\/\w/);
  });

  it('counts one player for each credential and address, and none for HEAD', async () => {
    const players = (): number =>
      server.cameras
        .metrics()
        .find(({ id }) => id === 'front')
        ?.renditions.find(({ rendition }) => rendition === 'h264-480')?.viewers ?? 0;
    const open = server.streams.size;
    await server.app.inject({ method: 'HEAD', url: '/cameras/front/index.m3u8?width=480', headers });
    expect(players()).toBe(0);
    for (const name of ['viewer', 'viewer', 'admin'] as const) {
      await get('/cameras/front/index.m3u8?width=480', server.bearer(name));
    }
    expect([players(), server.streams.size - open]).toEqual([2, 2]);
  });

  it('waits for the segment and the part that the player asks for', async () => {
    const { body } = await get('/cameras/front/index.m3u8');
    const first = Number(/MEDIA-SEQUENCE:(\d+)/.exec(body)?.[1]);
    const next = first + body.split('#EXTINF').length - 1;
    const later = await get(`/cameras/front/index.m3u8?_HLS_msn=${next}&_HLS_part=0`);
    expect(later.statusCode).toBe(200);
    const complete = Number(/MEDIA-SEQUENCE:(\d+)/.exec(later.body)?.[1]) + later.body.split('#EXTINF').length - 1;
    const begun = later.body.split('#EXTINF').at(-1)?.includes('#EXT-X-PART:') === true ? 1 : 0;
    expect(complete + begun).toBeGreaterThan(next);
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

  it('goes on in the stream that the player has, whatever its parameters mean by now', async () => {
    const url = '/cameras/front/index.m3u8?width=800&audio=1';
    const folderOf = (uri = ''): string => uri.split('/')[1] ?? '';
    const before = urisOf(await get(url))[0];
    // As while a photo takes the camera to another size: it has no audio for a moment, and the width is another one.
    const audio = vi.spyOn(server.cameras, 'hasAudio').mockReturnValue(false);
    const during = urisOf(await get(url))[0];
    expect([folderOf(during), audio.mock.calls.length]).toEqual([folderOf(before), 0]);
    expect((await get(`/cameras/front/${before}`)).statusCode).toBe(200);
    const others = urisOf(await get(url, server.bearer('admin')))[0];
    expect(folderOf(others)).not.toBe(folderOf(before));
    audio.mockRestore();
  });

  it('says in words why the camera cannot be opened', async () => {
    const camera = vi.spyOn(server.cameras, 'ensureOpen').mockRejectedValue(new PortholeError('camera_missing'));
    const state = { ...server.cameras.get('yard'), state: { kind: 'closed' } as const };
    const closed = vi.spyOn(server.cameras, 'get').mockReturnValue(state);
    const response = await get('/cameras/yard/index.m3u8');
    camera.mockRestore();
    closed.mockRestore();
    expect([response.statusCode, response.headers['retry-after']]).toEqual([503, '2']);
    expect(response.body).toMatch(/^No camera is plugged in/);
  });
});

describe('a file of a playlist', () => {
  let file: string;
  beforeEach(async () => {
    file = urisOf(await get('/cameras/front/index.m3u8'))[0] ?? '';
  });

  it('is MP4', async () => {
    const response = await get(`/cameras/front/${file}`);
    expect(response.rawPayload.includes('moof')).toBe(true);
    expect(response.headers).toMatchObject({ 'content-type': 'video/mp4', 'cache-control': 'no-store' });
  });

  it.each(['source/6.mp4', 'source/..%2f7.mp4', '640/x'])('%s that is not there is a 404', async (name) => {
    expect((await get(`/cameras/front/hls/${name}`)).statusCode).toBe(404);
  });

  it('of a stream that nobody plays is a 404, and makes none', async () => {
    const open = server.streams.size;
    expect((await get(`/cameras/front/${file.replace('source', '320')}`)).statusCode).toBe(404);
    expect((await get(`/cameras/yard/${file.replace('source', '640')}`)).statusCode).toBe(404);
    expect(server.streams.size).toBe(open);
  });

  it('needs a sign-in each time, so that a revoked token gets nothing more', async () => {
    expect((await get(`/cameras/front/${file}`, {})).statusCode).toBe(401);
    expect((await get(`/cameras/front/${file}?token=porthole_nonsense`, {})).statusCode).toBe(401);
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
      expect(preflight.headers['access-control-allow-headers']).toBe('Authorization, Cache-Control');
    },
  );
});
