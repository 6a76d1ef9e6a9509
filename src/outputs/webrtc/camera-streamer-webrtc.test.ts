import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FakeSession } from '../../../test/support/fake-webrtc.ts';
import { startServer, type TestServer } from '../../../test/support/http-server.ts';

const page = 'http://mainsail.local';
const candidate = 'candidate:1 1 udp 1 192.0.2.1 1 typ host';
let server: TestServer;
let viewer: { readonly cookie: string };

beforeAll(async () => {
  server = await startServer({ origins: [page] });
  viewer = { cookie: server.cookie('viewer') };
});
afterAll(() => server.close());

/** Posts a message, or a text as it is. */
async function say(
  message: object | string,
  headers: Readonly<Record<string, string>> = viewer,
  path = '/webrtc',
): Promise<Response> {
  const body = typeof message === 'string' ? message : JSON.stringify(message);
  return fetch(server.url + path, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/** Asks for an offer. */
async function ask(...rest: [headers?: Readonly<Record<string, string>>, path?: string]): Promise<FakeSession> {
  const response = await say({ type: 'request', res: null, iceServers: [] }, ...rest);
  expect(response.status, await response.clone().text()).toBe(200);
  const at = server.webRtc.sessions.at(-1) as FakeSession;
  expect(await response.json()).toMatchObject({ id: at.id, type: 'offer', sdp: 'v=0\r\n' });
  return at;
}

describe('a request', () => {
  it.each([
    ['/webrtc', 'front', 'source'],
    ['/webrtc/', 'front', 'source'],
    ['/webrtc?camera=yard&width=640', 'yard', 640],
    ['/webrtc?res=low', 'front', 640],
  ])('to %s is answered with an offer of that camera', async (path, camera, width) => {
    const at = await ask(viewer, path);
    expect(server.webRtc.offers.at(-1)).toEqual({ camera, width, offer: null, client: '127.0.0.1' });
    at.close();
  });

  it.each(['text/plain;charset=UTF-8', 'text/plain', 'Application/JSON ; charset=utf-8'])(
    'may come as %s',
    async (type) => {
      (await ask({ ...viewer, 'content-type': type })).close();
    },
  );

  it('is told the servers for ICE of the settings, whatever it names itself', async () => {
    const { servers: iceServers } = server.webRtc;
    iceServers.push(
      { kind: 'stun', host: 'stun.example.org', port: 3478 },
      { kind: 'turn', host: '2001:db8::1', port: 3478, username: 'u', password: 'p' },
    );
    const response = await say({ type: 'request', iceServers: [{ urls: ['stun:elsewhere.example'] }] });
    expect(((await response.json()) as { iceServers: object[] }).iceServers).toEqual([
      { urls: 'stun:stun.example.org:3478' },
      { urls: 'turn:[2001:db8::1]:3478?transport=udp', username: 'u', credential: 'p' },
    ]);
    expect(response.headers.get('cache-control')).toBe('no-store');
    iceServers.length = 0;
    server.webRtc.sessions.at(-1)?.close();
  });

  it('is for those who may see the camera', async () => {
    for (const path of ['/webrtc?camera=front', '/webrtc?camera=none']) {
      expect((await say({ type: 'request' }, { cookie: server.cookie('yard') }, path)).status).toBe(404);
    }
    expect((await say({ type: 'request' }, {})).status).toBe(401);
    (await ask({}, `/webrtc?token=${server.token('viewer')}`)).close();
  });

  it('is one of a few that a client may have on their way, those of WHEP among them', async () => {
    const opened: FakeSession[] = [];
    for (let at = 0; at < 16; at += 1) opened.push(await ask());
    expect((await say({ type: 'request' })).status).toBe(429);
    expect((await say('v=0\r\n', { ...viewer, 'content-type': 'application/sdp' }, '/whep')).status).toBe(429);
    for (const each of opened) each.close();
  });
});

describe('an offer, as OctoPrint sends it,', () => {
  it('is answered, with the servers for ICE', async () => {
    server.webRtc.servers.push({ kind: 'stun', host: 'stun.example.org', port: 3478 });
    const type = 'application/json; charset=UTF-8';
    const message = { sdp: 'v=0\r\na=x\r\n', type: 'offer' };
    const response = await say(message, { ...viewer, 'content-type': type }, '/webrtc?camera=yard&width=640');
    const at = server.webRtc.sessions.at(-1) as FakeSession;
    expect([response.status, await response.json()]).toEqual([
      200,
      { id: at.id, type: 'answer', sdp: 'v=0\r\n', iceServers: [{ urls: 'stun:stun.example.org:3478' }] },
    ]);
    expect(server.webRtc.offers.at(-1)).toEqual({
      camera: 'yard',
      width: 640,
      offer: message.sdp,
      client: '127.0.0.1',
    });
    server.webRtc.servers.length = 0;
    at.close();
  });

  it('is for those who may see the camera, and needs SDP', async () => {
    const message = { type: 'offer', sdp: 'v=0\r\n' };
    expect((await say(message, {})).status).toBe(401);
    expect((await say(message, { cookie: server.cookie('yard') }, '/webrtc?camera=front')).status).toBe(404);
    expect((await say({ type: 'offer' })).status).toBe(400);
  });
});

describe('an answer, and candidates,', () => {
  it('reach the session', async () => {
    const at = await ask();
    for (const message of [
      {
        type: 'remote_candidate',
        id: at.id,
        candidates: [{ candidate, sdpMid: '0', sdpMLineIndex: 0 }, { candidate: '' }],
      },
      { type: 'answer', id: at.id, sdp: 'v=0\r\n' },
      { type: 'remote_candidate', id: at.id, candidates: [] },
    ]) {
      const response = await say(message);
      expect([response.status, await response.json()]).toEqual([200, {}]);
    }
    expect([at.accepted, at.fragments]).toEqual([['v=0\r\n'], [`a=${candidate}\r\n`, '']]);
    at.close();
  });

  it("of somebody else's session, or of none, reach nothing", async () => {
    const at = await ask();
    for (const [id, headers] of [
      [at.id, { cookie: server.cookie('admin') }],
      [at.id, server.bearer('viewer')],
      ['none', viewer],
    ] as const) {
      expect((await say({ type: 'answer', id, sdp: 'v=0\r\n' }, headers)).status).toBe(404);
      expect((await say({ type: 'remote_candidate', id, candidates: [{ candidate }] }, headers)).status).toBe(404);
    }
    expect([at.accepted, at.fragments]).toEqual([[], []]);
    at.close();
  });
});

describe('a session', () => {
  it('ends with the sign-in it was opened under', async () => {
    const own = await startServer();
    const init = {
      method: 'POST',
      body: '{"type":"request"}',
      headers: { 'content-type': 'application/json', cookie: own.cookie('viewer') },
    };
    expect((await fetch(`${own.url}/webrtc`, init)).status).toBe(200);
    await own.accounts.signOut(own.cookie('viewer'));
    expect(own.webRtc.sessions.at(-1)?.reason).toBe('revoked');
    await own.close();
  });
});

describe('what nobody understands', () => {
  it.each([
    ['no JSON', '{'],
    ['nothing', ''],
    ['an offer', 'v=0\r\n'],
    ['null', 'null'],
    ['a list', '[{"type":"request"}]'],
    ['a hundred thousand brackets', '['.repeat(60_000)],
    ['another type', { type: 'bye', sdp: 'v=0\r\n' }],
    ['a type that is none', { type: { toString: 'request' } }],
    ['a prototype', '{"__proto__":{"type":"request"}}'],
    ['an answer without a description', { type: 'answer', id: 'x' }],
    ['an answer of another kind', { type: 'answer', id: 'x', sdp: ['v=0'] }],
    ['an answer to nothing', { type: 'answer', sdp: 'v=0' }],
    ['a name that is too long', { type: 'answer', id: 'x'.repeat(101), sdp: 'v=0' }],
    ['candidates that are none', { type: 'remote_candidate', id: 'x', candidates: 'all' }],
    ['a candidate that is none', { type: 'remote_candidate', id: 'x', candidates: [null] }],
    ['another attribute', { type: 'remote_candidate', id: 'x', candidates: [{ candidate: 'ice-ufrag:x' }] }],
    [
      'a line behind a candidate',
      { type: 'remote_candidate', id: 'x', candidates: [{ candidate: `${candidate}\r\nm=x` }] },
    ],
    [
      'a long candidate',
      { type: 'remote_candidate', id: 'x', candidates: [{ candidate: candidate.padEnd(501, 'x') }] },
    ],
    ['many candidates', { type: 'remote_candidate', id: 'x', candidates: Array(65).fill({ candidate }) }],
  ])('%s is refused in words', async (_, message) => {
    const opened = server.webRtc.sessions.length;
    const response = await say(message);
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringMatching(/application\/sdp.*camera-streamer/),
    ]);
    expect(server.webRtc.sessions.length).toBe(opened);
  });

  it('is refused by its length, its type or its address as before', async () => {
    expect((await say({ type: 'answer', id: 'x', sdp: 'v=0\r\n'.repeat(20_000) })).status).toBe(413);
    expect(
      (await say({ type: 'request' }, { ...viewer, 'content-type': 'application/x-www-form-urlencoded' })).status,
    ).toBe(415);
    for (const path of ['/whep', '/webrtc/whep', '/cameras/front/whep']) {
      expect((await say({ type: 'request' }, viewer, path)).status).toBe(415);
    }
  });
});

describe('a page of another origin', () => {
  it.each(['application/json', 'text/plain'])('that is in settings may use it with a token, as %s', async (type) => {
    const headers = { origin: page, 'content-type': type };
    const response = await say({ type: 'request' }, headers, `/webrtc?token=${server.token('viewer')}`);
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([200, page]);
    server.webRtc.sessions.at(-1)?.close();
    // The cookie that the browser may have added does not count.
    expect((await say({ type: 'request' }, { ...headers, ...viewer })).status).toBe(401);
  });

  it('is none when its proxy says by which address it was asked for', async () => {
    const { port } = new URL(server.url);
    const status = async (host: string): Promise<number | undefined> => {
      const sent = request({
        port,
        method: 'POST',
        path: `/webrtc?token=${server.token('viewer')}`,
        headers: { host, origin, ...json },
      });
      sent.end('{"type":"request"}');
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      response.resume();
      return response.statusCode;
    };
    const origin = 'http://printer.local:81';
    const json = { 'content-type': 'text/plain;charset=UTF-8' };
    expect(await status('printer.local:81')).toBe(200);
    expect(await status('mjpgstreamer1')).toBe(403);
    server.webRtc.sessions.at(-1)?.close();
  });

  it.each(['http://evil.example', 'null'])('%s may not, whatever it calls its message', async (origin) => {
    const opened = server.webRtc.sessions.length;
    for (const type of ['application/json', 'text/plain']) {
      const headers = { origin, 'content-type': type };
      expect((await say({ type: 'request' }, { ...headers, ...viewer })).status).toBe(403);
      expect((await say({ type: 'request' }, headers, `/webrtc?token=${server.token('viewer')}`)).status).toBe(403);
    }
    expect(server.webRtc.sessions.length).toBe(opened);
  });
});
