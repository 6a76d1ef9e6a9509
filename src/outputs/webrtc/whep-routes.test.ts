import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PortholeError } from '../../domain/errors.ts';
import type { FakeSession } from '../../../test/support/fake-webrtc.ts';
import { password, startServer, type TestServer } from '../../../test/support/http-server.ts';

const offer = 'v=0\r\n';
const page = 'http://mainsail.local';
let server: TestServer;
let viewer: { readonly cookie: string };

beforeAll(async () => {
  server = await startServer({ origins: [page] });
  viewer = { cookie: server.cookie('viewer') };
});
afterAll(() => server.close());

interface Asked {
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** POSTs an offer, or the given body in its place. */
async function ask(path: string, { method = 'POST', body, headers = viewer }: Asked = {}): Promise<Response> {
  const type = method === 'PATCH' ? 'application/trickle-ice-sdpfrag' : 'application/sdp';
  const sent = method === 'POST' ? (body ?? offer) : body;
  return fetch(server.url + path, {
    method,
    headers: { ...(sent === undefined ? {} : { 'content-type': type }), ...headers },
    ...(sent === undefined ? {} : { body: sent }),
  });
}

/** The path of a session, from the answer to an offer that was sent to this path. */
function locationOf({ headers }: Response, path: string): string {
  const { pathname, search } = new URL(headers.get('location') ?? '', server.url + path);
  return pathname + search;
}

/** Opens a session, and gives the address of it. */
async function open(path = '/cameras/front/whep', asked: Asked = {}): Promise<{ location: string; at: FakeSession }> {
  const response = await ask(path, asked);
  expect(response.status, await response.text()).toBe(201);
  return {
    location: locationOf(response, path),
    at: server.webRtc.sessions.at(-1) as FakeSession,
  };
}

describe('an offer', () => {
  it.each(['/cameras/front/whep', '/whep', '/webrtc', '/webrtc/whep', '/webrtc/'])(
    'is answered at %s',
    async (path) => {
      const response = await ask(`${path}?width=640`);
      expect(response.status).toBe(201);
      expect(response.headers.get('content-type')).toBe('application/sdp');
      expect(response.headers.get('etag')).toBe('"its-tag"');
      // Relative, so that it stays right below the path of a proxy.
      const proxied = new URL(response.headers.get('location') ?? '', `http://printer.local/webcam${path}?width=640`);
      expect(proxied.href).toMatch(new RegExp(`^http://printer.local/webcam${path.replace(/\/$/, '')}/session-\\d+$`));
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(await response.text()).toBe('v=0\r\n');
      expect(server.webRtc.offers.at(-1)).toEqual({ camera: 'front', width: 640, offer, client: '127.0.0.1' });
      server.webRtc.sessions.at(-1)?.close();
    },
  );

  it('may be posted with a charset, as some clients do', async () => {
    const { at } = await open('/whep', { headers: { ...viewer, 'content-type': 'application/SDP; charset=utf-8' } });
    at.close();
  });

  it.each(['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'is refused as %s, in words',
    async (type) => {
      const response = await ask('/whep', { headers: { ...viewer, 'content-type': type } });
      expect([response.status, response.headers.get('accept-post')]).toEqual([415, 'application/sdp']);
      expect(await response.text()).toBe('Send this with Content-Type: application/sdp.\n');
    },
  );

  it('is refused when it is too long, and when there is none', async () => {
    expect((await ask('/whep', { body: 'v=0\r\n'.repeat(20_000) })).status).toBe(413);
    expect((await ask('/whep', { body: '', headers: { ...viewer, 'content-type': 'text/html' } })).status).toBe(415);
  });

  it('is refused with the error of the camera, and of delivery', async () => {
    server.devices.fail('/dev/front', new PortholeError('camera_busy'));
    expect((await ask('/whep')).status).toBe(503);
    server.devices.fail('/dev/front', null);
    const full = await ask('/whep', { body: 'full' });
    expect([full.status, full.headers.get('retry-after')]).toEqual([503, '2']);
    expect((await ask('/cameras/none/whep')).status).toBe(404);
  });

  it('is taken from those who may see the camera, however they sign in', async () => {
    const accepted = [
      server.bearer('viewer'),
      { authorization: `Basic ${btoa(`viewer:${password}`)}` },
      { cookie: server.cookie('yard') },
    ];
    const statuses = [];
    for (const headers of [...accepted, {}, { authorization: 'Bearer nonsense' }]) {
      const response = await ask('/cameras/yard/whep', { headers });
      statuses.push(response.status);
    }
    expect(statuses).toEqual([201, 201, 201, 401, 401]);
    expect((await ask('/cameras/front/whep', { headers: { cookie: server.cookie('yard') } })).status).toBe(404);
    for (const each of server.webRtc.sessions) each.close();
  });

  it('leads a token of the address on to the session', async () => {
    const { location, at } = await open(`/webrtc?token=${server.token('viewer')}`, { headers: {} });
    expect(location).toBe(`/webrtc/${at.id}?token=${server.token('viewer')}`);
    expect((await ask(location, { method: 'DELETE', headers: {} })).status).toBe(200);
  });
});

describe('further candidates', () => {
  const fragment = 'a=ice-ufrag:x\r\na=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n';
  const patch = (location: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    ask(location, { method: 'PATCH', body: fragment, headers: { ...viewer, ...headers } });

  it('reach the session', async () => {
    const { location, at } = await open();
    for (const headers of [{}, { 'if-match': '"its-tag"' }, { 'if-match': '*' }, { 'if-match': '' }]) {
      expect((await patch(location, headers)).status).toBe(204);
    }
    expect(at.fragments).toEqual(Array(4).fill(fragment));
    at.close();
  });

  it('are refused for another state of ICE, and as anything else', async () => {
    const { location, at } = await open();
    expect((await patch(location, { 'if-match': '"another"' })).status).toBe(412);
    const other = await patch(location, { 'content-type': 'application/json' });
    expect([other.status, other.headers.get('accept-patch')]).toEqual([415, 'application/trickle-ice-sdpfrag']);
    expect(at.fragments).toEqual([]);
    at.close();
  });

  it('find the session behind a token, where Mainsail puts it', async () => {
    const { at } = await open(`/webrtc?token=${server.token('viewer')}/whep`, { headers: {} });
    const url = `/webrtc?token=${server.token('viewer')}/whep/${at.id}?token=${server.token('viewer')}`;
    expect((await ask(url, { method: 'PATCH', body: fragment, headers: {} })).status).toBe(204);
    expect((await ask('/webrtc', { method: 'PATCH', body: fragment })).status).toBe(404);
    at.close();
  });
});

describe('a session', () => {
  it('ends with DELETE, and no longer exists', async () => {
    const { location, at } = await open();
    expect((await ask(location, { method: 'DELETE' })).status).toBe(200);
    expect(at.reason).toBe('the viewer left');
    expect((await ask(location, { method: 'DELETE' })).status).toBe(404);
    expect((await ask(location, { method: 'PATCH', body: 'a=x\r\n' })).status).toBe(404);
  });

  it("is nobody else's to change or end", async () => {
    const { location, at } = await open();
    for (const headers of [{ cookie: server.cookie('admin') }, server.bearer('viewer')]) {
      expect((await ask(location, { method: 'DELETE', headers })).status).toBe(404);
      expect((await ask(location, { method: 'PATCH', body: 'a=x\r\n', headers })).status).toBe(404);
    }
    expect((await ask(location, { method: 'DELETE', headers: {} })).status).toBe(401);
    expect(at.reason).toBeUndefined();
    at.close();
  });

  it('ends with the sign-in it was opened under, and no other does', async () => {
    const own = await startServer();
    const post = async (headers: Readonly<Record<string, string>>): Promise<FakeSession> => {
      const init = { method: 'POST', body: offer, headers: { 'content-type': 'application/sdp', ...headers } };
      expect((await fetch(`${own.url}/whep`, init)).status).toBe(201);
      return own.webRtc.sessions.at(-1) as FakeSession;
    };
    const [mine, other] = [await post({ cookie: own.cookie('viewer') }), await post(own.bearer('viewer'))];
    await own.accounts.signOut(own.cookie('viewer'));
    expect([mine.reason, other.reason]).toEqual(['revoked', undefined]);
    await own.close();
    expect(other.reason).toBe('closing');
  });

  it('ends when its camera was switched off while it was opened', async () => {
    const { cameras, webRtc } = server;
    const opened = webRtc.open.bind(webRtc);
    const opening = vi.spyOn(webRtc, 'open').mockImplementationOnce(async (options) => {
      const made = await opened(options);
      await cameras.update('front', { enabled: false });
      return made;
    });
    expect((await open()).at.reason).toBe('the camera was switched off');
    await cameras.update('front', { enabled: true });
    expect(opening).toHaveBeenCalledOnce();
    opening.mockRestore();
  });

  it('ends when its camera is switched off, and with no other', async () => {
    const [{ at: front }, { at: yard }] = [await open('/cameras/front/whep'), await open('/cameras/yard/whep')];
    await server.cameras.update('front', { name: 'The front' });
    expect(front.reason).toBeUndefined();
    await server.cameras.update('front', { enabled: false });
    expect([front.reason, yard.reason]).toEqual(['the camera was switched off', undefined]);
    await server.cameras.update('front', { enabled: true });
    yard.close();
  });

  it('is one of a few that a user may have on their way, however they sign in', async () => {
    const opened: FakeSession[] = [];
    for (let at = 0; at < 16; at += 1) {
      opened.push((await open('/whep', { headers: at % 2 === 0 ? viewer : server.bearer('viewer') })).at);
    }
    expect((await ask('/whep')).status).toBe(429);
    expect((await ask('/whep', { headers: server.bearer('viewer') })).status).toBe(429);
    // Other users are counted separately.
    const other = await open('/whep', { headers: { cookie: server.cookie('admin') } });
    for (const each of opened) each.connect();
    await Promise.all(opened.map(({ connected }) => connected));
    opened.push((await open()).at, other.at);
    for (const each of opened) each.close();
  });

  it('is one of 64 that a user may have, however they sign in', async () => {
    const opened: FakeSession[] = [];
    for (let at = 0; at < 64; at += 1) {
      const session = (await open('/whep', { headers: at % 2 === 0 ? viewer : server.bearer('viewer') })).at;
      session.connect();
      opened.push(session);
      await session.connected;
    }
    const refused = await ask('/whep', { headers: { ...server.bearer('viewer'), accept: 'application/json' } });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await refused.text()).toContain('You have reached your limit of WebRTC sessions.');
    opened.push((await open('/whep', { headers: { cookie: server.cookie('admin') } })).at);
    opened.shift()?.close();
    opened.push((await open()).at);
    for (const each of opened) each.close();
  });

  it('is counted among the open streams', async () => {
    const count = async (): Promise<string | undefined> => {
      const response = await fetch(`${server.url}/metrics`, { headers: viewer });
      return /^porthole_open_streams (\d+)/m.exec(await response.text())?.[1];
    };
    expect(await count()).toBe('0');
    const { at } = await open();
    expect(await count()).toBe('1');
    at.close();
    await at.closed;
    expect(await count()).toBe('0');
  });
});

describe('other methods', () => {
  it.each(['/cameras/front/whep', '/whep', '/webrtc', '/webrtc/whep/x'])('GET %s says what to do', async (path) => {
    const response = await ask(path, { method: 'GET' });
    expect([response.status, response.headers.get('allow')?.includes('OPTIONS')]).toEqual([405, true]);
    expect(await response.text()).toMatch(/^This address speaks WHEP/);
  });

  it('OPTIONS is 204, and tells the servers for ICE to nobody but those who may watch', async () => {
    server.webRtc.servers.push(
      { kind: 'stun', host: 'stun.example.org', port: 3478 },
      { kind: 'turn', host: '2001:db8::1', port: 3478, username: 'u', password: 'a"b\\c' },
    );
    const [known, stranger] = [
      await ask('/whep', { method: 'OPTIONS' }),
      await ask('/whep', { method: 'OPTIONS', headers: {} }),
    ];
    expect([known.status, known.headers.get('accept-post')]).toEqual([204, 'application/sdp']);
    expect(known.headers.get('link')).toBe(
      '<stun:stun.example.org:3478>; rel="ice-server", ' +
        '<turn:[2001:db8::1]:3478?transport=udp>; rel="ice-server"; username="u"; credential="a\\"b\\\\c"; credential-type="password"',
    );
    expect([stranger.status, stranger.headers.get('link')]).toEqual([204, null]);
    const answered = await ask('/whep');
    expect(answered.headers.get('link')).toContain('stun.example.org');
    server.webRtc.servers.length = 0;
    for (const each of server.webRtc.sessions) each.close();
  });
});

describe('a page of another origin', () => {
  let token: { readonly authorization: string };
  beforeAll(() => {
    token = server.bearer('viewer');
  });

  it('that is in settings may use it, once its browser has asked', async () => {
    const asked = await ask('/whep', { method: 'OPTIONS', headers: { origin: page } });
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe(page);
    expect(asked.headers.get('access-control-allow-methods')).toBe('OPTIONS, POST, PATCH, DELETE');
    expect(asked.headers.get('access-control-allow-headers')).toBe(
      'Authorization, Cache-Control, Content-Type, If-Match',
    );
    expect(asked.headers.get('access-control-allow-credentials')).toBeNull();
    const answered = await ask('/whep', { headers: { ...token, origin: page } });
    expect(answered.status).toBe(201);
    expect(answered.headers.get('access-control-expose-headers')).toMatch(/Location, ETag, Link/);
    expect(
      (await ask(locationOf(answered, '/whep'), { method: 'DELETE', headers: { ...token, origin: page } })).status,
    ).toBe(200);
  });

  it.each(['http://evil.example', 'null'])('%s may not, with a cookie or a token', async (origin) => {
    const before = server.webRtc.offers.length;
    for (const headers of [viewer, token]) {
      expect((await ask('/whep', { headers: { ...headers, origin } })).status).toBe(403);
    }
    expect(
      (await ask('/whep', { method: 'OPTIONS', headers: { origin } })).headers.get('access-control-allow-origin'),
    ).toBeNull();
    expect(server.webRtc.offers.length).toBe(before);
  });

  it('cannot pass an offer off as a form, even from an origin in settings', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      const headers = { origin: page, 'content-type': type };
      expect((await ask('/whep', { headers: { ...headers, ...token } })).status).toBe(415);
      // Nor does the cookie count that the browser may have added.
      expect((await ask('/whep', { headers: { ...headers, ...viewer } })).status).toBe(401);
    }
    // And it may do nothing else that changes something.
    expect((await ask('/stream/start', { headers: { ...viewer, origin: page } })).status).toBe(403);
  });
});
