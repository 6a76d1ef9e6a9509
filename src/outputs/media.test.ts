import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PortholeError } from '../domain/errors.ts';
import { createHttpServer } from '../http/server.ts';
import { jpeg, fakes } from '../http/fakes.ts';
import { type TestServer, rawRequest, session, startServer } from '../http/testing.ts';

const auth = 'Authorization: Bearer token-viewer';
const headers = { authorization: 'Bearer token-viewer' };
let server: TestServer;

beforeAll(async () => {
  server = await startServer(fakes({}, { cors_origins: ['http://mainsail.local'] }));
});
afterAll(() => server.app.close());
beforeEach(() => {
  server.deps.cameras.broken = null;
  server.deps.delivery.streams.length = 0;
});

async function stream(path: string, extra: readonly string[] = [], version = '1.1'): Promise<string> {
  const head = [`GET ${path} HTTP/${version}`, 'Host: x', auth, ...extra].join('\r\n');
  const { text, socket } = await rawRequest(server.port, `${head}\r\n\r\n`, /--frame\r\n|"error"|\n\r?\n.+\n$/);
  socket.destroy();
  return text;
}

describe('streams', () => {
  it.each([
    ['/cameras/yard/stream.mjpeg', 'yard'],
    ['/?action=stream', 'front'],
    ['/?action=stream?nonce=12345', 'front'],
    ['/?action=stream_1', 'yard'],
    ['/?1699999999&action=stream&bypassCache=7', 'front'],
    ['/webcam/?action=stream', 'front'],
    ['/webcam?action=stream', 'front'],
    ['/stream', 'front'],
    ['/stream?camera=yard', 'yard'],
    ['/cameras/yard/live.mp4', 'yard'],
    ['/video.mp4', 'front'],
    ['/api/stream.mjpeg?src=yard', 'yard'],
    ['/api/stream.mjpeg?src=Yard', 'yard'],
  ])('%s is the stream of %s', async (path, camera) => {
    expect(await stream(path)).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(server.deps.delivery.streams.map((each) => each.camera)).toEqual([camera]);
  });

  it('pass on width, rate and protocol, and ignore what they do not know', async () => {
    await stream('/cameras/front/stream.mjpeg?width=600&fps=2.5&timestamp=1&cacheBust=', [], '1.0');
    await stream('/stream?res=low');
    await stream('/cameras/front/stream.mjpeg?width=source&1699999');
    expect(server.deps.delivery.streams).toEqual([
      { camera: 'front', width: 640, fps: 2.5, httpVersion: '1.0' },
      { camera: 'front', width: 640, fps: undefined, httpVersion: '1.1' },
      { camera: 'front', width: 'source', fps: undefined, httpVersion: '1.1' },
    ]);
  });

  it('have sound only where it is asked for', async () => {
    const { listeners } = server.deps.delivery;
    for (const query of ['', '?audio=0', '?audio=', '?audio=1']) await stream(`/cameras/yard/live.mp4${query}`);
    expect(listeners.splice(0)).toEqual(['yard']);
  });

  it('take the codecs that clients of go2rtc name for a wish to hear', async () => {
    const { listeners } = server.deps.delivery;
    for (const names of ['aac', 'opus,aac', 'all', 'PCMU']) await stream(`/cameras/yard/live.mp4?audio=${names}`);
    expect(listeners.splice(0)).toEqual(['yard', 'yard', 'yard', 'yard']);
    await stream('/api/stream.mjpeg?src=yard&video=h264&audio=aac');
  });

  it.each([
    'audio=loud',
    'width=0',
    'width=-1',
    'width=abc',
    'width=1e3',
    'width=99999',
    'width=640.5',
    'fps=0',
    'fps=x',
    'fps=999',
  ])('?%s is a clear 400', async (query) => {
    const response = await server.app.inject({ url: `/cameras/front/stream.mjpeg?${query}`, headers });
    expect(response.statusCode).toBe(400);
    expect(response.headers['content-type']).toContain('text/plain');
    expect(response.body).toContain(query.split('=')[0]);
  });

  it('answer HEAD without opening anything', async () => {
    const response = await server.app.inject({ method: 'HEAD', url: '/cameras/front/stream.mjpeg', headers });
    expect([response.statusCode, server.deps.delivery.streams.length]).toEqual([200, 0]);
  });

  it('say why the camera cannot be opened', async () => {
    server.deps.cameras.broken = new PortholeError('camera_missing');
    const response = await server.app.inject({ url: '/cameras/front/stream.mjpeg', headers });
    expect([response.statusCode, response.headers['retry-after']]).toEqual([503, '2']);
    expect(response.body).toMatch(/^No camera is plugged in/);
  });

  it('end at once with their grant, in another process within two seconds, and when the server closes', async () => {
    const own = await startServer();
    const opened = async (name: string) => {
      const bytes = `GET /stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token-${name}\r\n\r\n`;
      const { socket } = await rawRequest(own.port, bytes, /--frame/);
      const { promise, resolve } = Promise.withResolvers<string>();
      socket.on('close', () => resolve(name));
      return { end: promise };
    };
    const ends = [(await opened('viewer')).end, (await opened('operator')).end, (await opened('admin')).end];
    own.deps.accounts.revoke('token:viewer');
    expect(await Promise.race(ends)).toBe('viewer');
    own.deps.accounts.ended.add('token:operator');
    expect(await Promise.race(ends.slice(1))).toBe('operator');
    await own.app.close();
    expect(await Promise.all(ends)).toEqual(['viewer', 'operator', 'admin']);
  });
});

describe('/video_feed', () => {
  const cookie = `Cookie: ${session('operator')}`;
  const feed = async () => {
    const bytes = `GET /video_feed?camera=front HTTP/1.1\r\nHost: x\r\n${cookie}\r\n\r\n`;
    return rawRequest(server.port, bytes, /--frame|stopped\.$/);
  };
  const change = (what: string, width?: number) =>
    server.deps.liveView[what as 'start'](
      {
        kind: 'session',
        user: null,
        role: 'operator',
        cameras: null,
        grant: 'session:operator',
        sessionId: 'operator',
      },
      'front',
      width,
    );

  it('says in plain text that streaming is stopped, and ends when this Session stops', async () => {
    const before = await feed();
    before.socket.destroy();
    expect(before.text).toMatch(/content-type: text\/plain.*\r\n\r\nStreaming is stopped\.$/s);
    await change('start', 320);
    const { text, socket } = await feed();
    expect(text).toContain('--frame');
    expect(server.deps.delivery.streams.at(-1)?.width).toBe(320);
    const closed = new Promise((resolve) => socket.on('close', resolve));
    await change('stop');
    await closed;
  });
});

describe('snapshots', () => {
  it.each([
    '/cameras/front/snapshot.jpg',
    '/snapshot',
    '/snapshot.jpg',
    '/?action=snapshot',
    '/api/frame.jpeg?src=front&w=640',
  ])('%s is a JPEG with its length and time, and HEAD works', async (url) => {
    const get = await server.app.inject({ url, headers });
    expect(get.rawPayload).toEqual(jpeg);
    const head = await server.app.inject({ method: 'HEAD', url, headers });
    for (const response of [get, head]) {
      expect(response.headers).toMatchObject({
        'content-type': 'image/jpeg',
        'content-length': String(jpeg.length),
        'x-timestamp': '1700000000.123',
      });
      expect(response.headers['cache-control']).toContain('no-store');
    }
    expect(head.rawPayload.length).toBe(0);
  });

  it('without a sign-in are 401 with a short text, and ask other programs for a password', async () => {
    const program = await server.app.inject('/snapshot');
    expect([program.statusCode, program.body]).toEqual([401, 'Sign in first.\n']);
    expect(program.headers['www-authenticate']).toMatch(/^Basic /);
    const image = await server.app.inject({ url: '/snapshot', headers: { 'sec-fetch-mode': 'no-cors' } });
    expect(image.headers['www-authenticate']).not.toMatch(/^Basic /);
  });

  it('take basic authentication', async () => {
    const authorization = `Basic ${btoa('viewer:right')}`;
    expect((await server.app.inject({ url: '/snapshot', headers: { authorization } })).statusCode).toBe(200);
  });
});

describe('pages of other origins', () => {
  it('may read pictures only where an admin has allowed their origin', async () => {
    const ask = async (origin: string) =>
      (await server.app.inject({ url: '/snapshot', headers: { ...headers, origin } })).headers;
    expect(await ask('http://mainsail.local')).toMatchObject({
      'access-control-allow-origin': 'http://mainsail.local',
      vary: 'Origin',
    });
    expect(await ask('http://evil.example')).not.toHaveProperty('access-control-allow-origin');
    const text = await stream('/stream', ['Origin: http://mainsail.local']);
    expect(text.toLowerCase()).toContain('access-control-allow-origin: http://mainsail.local');
  });

  it('are allowed nothing by default, and never the API', async () => {
    const app = await createHttpServer(fakes());
    const origin = 'http://mainsail.local';
    const picture = await app.inject({ url: '/snapshot', headers: { ...headers, origin } });
    expect(picture.headers).not.toHaveProperty('access-control-allow-origin');
    const api = await server.app.inject({ url: '/api/cameras', headers: { ...headers, origin } });
    expect(api.headers).not.toHaveProperty('access-control-allow-origin');
    await app.close();
  });

  it('may send an Authorization header after asking', async () => {
    const ask = (origin: string) =>
      server.app.inject({ method: 'OPTIONS', url: '/cameras/front/snapshot.jpg', headers: { origin } });
    expect((await ask('http://mainsail.local')).headers['access-control-allow-headers']).toBe('Authorization');
    expect((await ask('http://evil.example')).headers).not.toHaveProperty('access-control-allow-headers');
  });
});

describe('figures for other programs', () => {
  it('/state speaks as ustreamer does', async () => {
    const { result, ok } = (await server.app.inject({ url: '/state', headers })).json<{
      ok: boolean;
      result: object;
    }>();
    expect(ok).toBe(true);
    expect(result).toEqual({
      source: { resolution: { width: 1280, height: 720 }, online: false, desired_fps: 0, captured_fps: 0 },
      stream: { queued_fps: 0, clients: 2 },
    });
  });

  it('/metrics speaks as Prometheus reads', async () => {
    const { body } = await server.app.inject({ url: '/metrics', headers });
    for (const line of [
      'porthole_camera_state{camera="front",state="closed"} 1',
      'porthole_camera_captured_frames_total{camera="front"} 10',
      'porthole_camera_dropped_frames_total{camera="front",reason="damaged"} 1',
      'porthole_camera_restarts_total{camera="yard"} 0',
      'porthole_rendition_viewers{camera="front",rendition="jpeg-640"} 2',
      'porthole_rendition_bytes_total{camera="front",rendition="jpeg-640"} 900',
    ]) {
      expect(body).toContain(line);
    }
    expect(body).toContain('process_resident_memory_bytes');
  });
});
