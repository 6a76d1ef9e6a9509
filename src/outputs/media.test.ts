import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PortholeError } from '../domain/errors.ts';
import { jpeg } from '../../test/support/fake-devices.ts';
import { type TestServer, password, rawRequest, startServer } from '../../test/support/http-server.ts';

let headers: { readonly authorization: string };
let server: TestServer;

beforeAll(async () => {
  server = await startServer({ origins: ['http://mainsail.local'] });
  headers = server.bearer('viewer');
});
afterAll(() => server.close());

/** The Renditions that have a viewer now, as `CAMERA RENDITION`. */
function watched(): readonly string[] {
  return server.cameras
    .metrics()
    .flatMap(({ id, renditions }) =>
      renditions.flatMap(({ rendition, viewers }) => (viewers > 0 ? [`${id} ${rendition}`] : [])),
    );
}

interface Opened {
  readonly text: string;
  /** The Renditions watched while the stream was open. */
  readonly renditions: readonly string[];
}

/** Opens a stream and closes it again when its first bytes have come. */
async function stream(
  path: string,
  extra: readonly string[] = [],
  version = '1.1',
  until = /\r\n\r\n/,
): Promise<Opened> {
  const head = [`GET ${path} HTTP/${version}`, 'Host: x', `Authorization: ${headers.authorization}`, ...extra];
  const { text, socket } = await rawRequest(server.port, `${head.join('\r\n')}\r\n\r\n`, until);
  const renditions = watched();
  socket.destroy();
  await expect.poll(watched).toEqual([]);
  return { text, renditions };
}

describe('streams', () => {
  it.each([
    ['/cameras/yard/stream.mjpeg', 'yard jpeg-source'],
    ['/?action=stream', 'front jpeg-source'],
    ['/?action=stream?nonce=12345', 'front jpeg-source'],
    ['/?action=stream_1', 'yard jpeg-source'],
    ['/?1699999999&action=stream&bypassCache=7', 'front jpeg-source'],
    ['/webcam/?action=stream', 'front jpeg-source'],
    ['/webcam?action=stream', 'front jpeg-source'],
    ['/stream', 'front jpeg-source'],
    ['/stream?camera=yard', 'yard jpeg-source'],
    ['/cameras/yard/live.mp4', 'yard h264-source'],
    ['/video.mp4', 'front h264-source'],
    ['/api/stream.mjpeg?src=yard', 'yard jpeg-source'],
    ['/api/stream.mjpeg?src=Yard', 'yard jpeg-source'],
  ])('%s is the stream of %s', async (path, rendition) => {
    const { text, renditions } = await stream(path);
    expect([text.split('\r\n')[0], renditions]).toEqual(['HTTP/1.1 200 OK', [rendition]]);
  });

  it('take width, rate and protocol from the request, and ignore parameters that they do not know', async () => {
    const old = await stream('/cameras/front/stream.mjpeg?width=600&timestamp=1&cacheBust=', [], '1.0');
    expect([old.text.slice(0, 8), old.renditions]).toEqual(['HTTP/1.0', ['front jpeg-640']]);
    expect((await stream('/stream?res=low')).renditions).toEqual(['front jpeg-640']);
    expect((await stream('/cameras/front/stream.mjpeg?width=source&1699999')).renditions).toEqual([
      'front jpeg-source',
    ]);
    const began = performance.now();
    await stream('/cameras/front/stream.mjpeg?fps=2.5', [], '1.1', /(image\/jpeg[^]*){4}/);
    expect(performance.now() - began).toBeGreaterThan(600);
  });

  it('have audio only where it is asked for', async () => {
    for (const query of ['', '?audio=0', '?audio=']) {
      expect((await stream(`/cameras/yard/live.mp4${query}`)).renditions).toEqual(['yard h264-source']);
    }
    const { renditions } = await stream('/cameras/yard/live.mp4?audio=1');
    expect(renditions.toSorted()).toEqual(['yard aac', 'yard h264-source']);
  });

  it('take the codecs that clients of go2rtc name as a wish for audio', async () => {
    for (const names of ['aac', 'opus,aac', 'all', 'PCMU']) {
      const { renditions } = await stream(`/cameras/yard/live.mp4?audio=${names}`);
      expect(renditions).toContain('yard aac');
    }
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
    expect([response.statusCode, watched()]).toEqual([200, []]);
  });

  it.each([
    ['stream.mjpeg', 'multipart/x-mixed-replace;boundary=porthole-frame'],
    ['live.mp4', 'video/mp4'],
    ['index.m3u8', 'application/vnd.apple.mpegurl'],
  ])('%s has no length for HEAD', async (name, type) => {
    const response = await server.app.inject({ method: 'HEAD', url: `/cameras/front/${name}`, headers });
    expect(response.headers['content-type']).toBe(type);
    expect(response.headers).not.toHaveProperty('content-length');
  });

  it('say why the camera cannot be opened', async () => {
    server.devices.fail('/dev/front', new PortholeError('camera_missing'));
    await expect.poll(() => server.cameras.get('front').state.kind).not.toBe('live');
    const response = await server.app.inject({ url: '/cameras/front/stream.mjpeg', headers });
    server.devices.fail('/dev/front', null);
    expect([response.statusCode, response.headers['retry-after']]).toEqual([503, '2']);
    expect(response.body).toMatch(/^No camera is plugged in/);
  });

  it('end at once with their grant, in another process within two seconds, and when the server closes', async () => {
    const own = await startServer();
    const opened = async (name: 'viewer' | 'operator' | 'admin') => {
      const bytes = `GET /stream HTTP/1.1\r\nHost: x\r\nAuthorization: ${own.bearer(name).authorization}\r\n\r\n`;
      const { socket } = await rawRequest(own.port, bytes, /--porthole-frame/);
      const { promise, resolve } = Promise.withResolvers<string>();
      socket.on('close', () => resolve(name));
      return { end: promise };
    };
    const ends = [(await opened('viewer')).end, (await opened('operator')).end, (await opened('admin')).end];
    const facts = { ip: '192.0.2.1', userAgent: null };
    const admin = await own.accounts.authenticate(own.bearer('admin'), undefined, facts);
    if (admin === null) throw new TypeError('not signed in');
    const tokens = await own.accounts.tokens.list(admin);
    const tokenOf = (name: string): string => tokens.find(({ username }) => username === name)?.id ?? '';
    await own.accounts.tokens.revoke(admin, tokenOf('viewer'));
    expect(await Promise.race(ends)).toBe('viewer');
    await (await own.accountsElsewhere()).tokens.revoke(admin, tokenOf('operator'));
    expect(await Promise.race(ends.slice(1))).toBe('operator');
    await own.close();
    expect(await Promise.all(ends)).toEqual(['viewer', 'operator', 'admin']);
  });
});

describe('/video_feed', () => {
  const feed = async (preferences = '') => {
    const cookie = `Cookie: ${server.cookie('operator')}; porthole_preferences=${preferences}`;
    const bytes = `GET /video_feed?camera=front HTTP/1.1\r\nHost: x\r\n${cookie}\r\n\r\n`;
    return rawRequest(server.port, bytes, /--porthole-frame|stopped\.$/);
  };

  it('says in plain text that streaming is stopped, ends when this Session stops, and is small for a browser that saves data', async () => {
    const facts = { ip: '192.0.2.1', userAgent: null };
    const operator = await server.accounts.authenticate({ cookie: server.cookie('operator') }, undefined, facts);
    if (operator === null) throw new TypeError('not signed in');
    const before = await feed();
    before.socket.destroy();
    expect(before.text).toMatch(/content-type: text\/plain.*\r\n\r\nStreaming is stopped\.$/s);
    await server.liveView.start(operator, 'front', 320);
    const { text, socket } = await feed();
    expect(text).toContain('--porthole-frame');
    expect(watched()).toEqual(['front jpeg-320']);
    const closed = new Promise((resolve) => socket.on('close', resolve));
    await server.liveView.stop(operator, 'front');
    await closed;
    await server.liveView.start(operator, 'front', 'source');
    const saving = await feed('data%3Dreduced');
    expect(watched()).toEqual(['front jpeg-640']);
    saving.socket.destroy();
    await server.liveView.stop(operator, 'front');
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
        'x-timestamp': expect.stringMatching(/^\d{10}\.\d{3}$/) as string,
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
    const authorization = `Basic ${btoa(`viewer:${password}`)}`;
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
    const { text } = await stream('/stream', ['Origin: http://mainsail.local']);
    expect(text.toLowerCase()).toContain('access-control-allow-origin: http://mainsail.local');
  });

  it('are allowed nothing by default, and never the API', async () => {
    const own = await startServer();
    const origin = 'http://mainsail.local';
    const picture = await own.app.inject({ url: '/snapshot', headers: { ...own.bearer('viewer'), origin } });
    expect(picture.headers).not.toHaveProperty('access-control-allow-origin');
    const api = await server.app.inject({ url: '/api/cameras', headers: { ...headers, origin } });
    expect(api.headers).not.toHaveProperty('access-control-allow-origin');
    await own.close();
  });

  it('may send an Authorization header after asking', async () => {
    const ask = (origin: string) =>
      server.app.inject({ method: 'OPTIONS', url: '/cameras/front/snapshot.jpg', headers: { origin } });
    expect((await ask('http://mainsail.local')).headers['access-control-allow-headers']).toBe(
      'Authorization, Cache-Control',
    );
    expect((await ask('http://evil.example')).headers).not.toHaveProperty('access-control-allow-headers');
  });
});

describe('stats for other programs', () => {
  it('/state speaks as ustreamer does', async () => {
    const stateOf = async () => (await server.app.inject({ url: '/state?camera=front', headers })).json<object>();
    await server.cameras.ensureOpen('front');
    expect(await stateOf()).toEqual({
      ok: true,
      result: {
        source: {
          resolution: { width: 1280, height: 720 },
          online: true,
          desired_fps: expect.any(Number) as number,
          captured_fps: expect.any(Number) as number,
        },
        stream: { queued_fps: expect.any(Number) as number, clients: 0 },
      },
    });
    await expect.poll(() => server.cameras.get('front').state.kind).toBe('closed');
    expect(await stateOf()).toMatchObject({ result: { source: { online: false, captured_fps: 0 } } });
  });

  it('/metrics speaks as Prometheus reads', async () => {
    const bytes = `GET /stream?res=low HTTP/1.1\r\nHost: x\r\nAuthorization: ${headers.authorization}\r\n\r\n`;
    const { socket } = await rawRequest(server.port, bytes, /--porthole-frame[^]*--porthole-frame/);
    const { body } = await server.app.inject({ url: '/metrics', headers });
    socket.destroy();
    for (const line of [
      /^porthole_camera_state\{camera="front",state="live"\} 1$/m,
      // Captures report this number. The fake device reports nothing.
      /^porthole_camera_captured_frames_total\{camera="front"\} 0$/m,
      /^porthole_camera_dropped_frames_total\{camera="front",reason="corrupt"\} 0$/m,
      /^porthole_camera_restarts_total\{camera="yard"\} \d+$/m,
      /^porthole_rendition_viewers\{camera="front",rendition="jpeg-640"\} 1$/m,
      /^porthole_rendition_bytes_total\{camera="front",rendition="jpeg-640"\} [1-9]\d*$/m,
      /^porthole_open_streams 1$/m,
      /^process_resident_memory_bytes [1-9]\d{6,}$/m,
    ]) {
      expect(body).toMatch(line);
    }
  });
});
