// Conformance to draft-ietf-wish-whep, which adopts the rules of RFC 9725 for WHIP, on the real server.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trickleFragment } from '../../src/browser/transports/whep.ts';
import type { TokenInfo } from '../../src/domain/users/user.ts';
import { readMetrics } from '../support/metrics.ts';
import { adminPassword, startServer, type TestServer } from '../support/server.ts';
import { whepOffer, WhepViewer } from '../support/whep-viewer.ts';

const camera = ['--camera', 'front=test:?width=320&height=240&fps=15'] as const;
const fragmentType = 'application/trickle-ice-sdpfrag';
/** Polling for a slow machine, in milliseconds. */
const polling = { timeout: 20_000, interval: 50 };

let server: TestServer;
let token: string;
let headers: Readonly<Record<string, string>>;
beforeAll(async () => {
  server = await startServer({ args: camera });
  token = await server.token();
  headers = { authorization: `Bearer ${token}` };
});
afterAll(() => server.stop());

const endpoint = (): string => `${server.url}/cameras/front/whep`;

async function sessions(): Promise<number> {
  return (await readMetrics(server.url, token)).value('porthole_open_streams');
}

/** Posts an offer. */
async function post(body: string, type = 'application/sdp'): Promise<Response> {
  return fetch(endpoint(), { method: 'POST', body, headers: { ...headers, 'content-type': type } });
}

/** A session that isn't connected yet. */
async function open() {
  const offer = await whepOffer();
  const response = await post(offer);
  const location = new URL(response.headers.get('location') ?? '', endpoint()).href;
  const etag = response.headers.get('etag') ?? '';
  const patch = (fragment: string, more: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(location, {
      method: 'PATCH',
      body: fragment,
      headers: { ...headers, 'content-type': fragmentType, ...more },
    });
  const end = (): Promise<Response> => fetch(location, { method: 'DELETE', headers });
  return { offer, response, answer: await response.text(), location, etag, patch, end };
}

const candidate = { candidate: 'candidate:1 1 udp 2113937151 127.0.0.1 50000 typ host' } as RTCIceCandidate;

describe('WHEP', () => {
  it('OPTIONS answers 204 with the accepted content type, even without a sign-in', async () => {
    for (const own of [headers, {}]) {
      const response = await fetch(endpoint(), { method: 'OPTIONS', headers: own });
      expect([response.status, await response.text()]).toEqual([204, '']);
      expect(response.headers.get('accept-post')).toBe('application/sdp');
      expect(response.headers.get('accept-patch')).toBe(fragmentType);
    }
  });

  it("POST answers 201 with an SDP answer, the session's URL below the endpoint, and an ETag", async () => {
    const { response, answer, location, etag, end } = await open();
    expect(response.status).toBe(201);
    expect(response.headers.get('content-type')).toBe('application/sdp');
    expect(location).toMatch(new RegExp(`^${endpoint()}/[\\w-]{20,}$`));
    // If-Match needs a strong entity tag (RFC 9110, section 8.8.3).
    expect(etag).toMatch(/^"[^"]+"$/);
    expect(answer).toMatch(/^v=0\r\n/);
    expect(answer).toMatch(/^a=sendonly\r$/m);
    expect(answer).toMatch(/^a=setup:(active|passive)\r$/m);
    expect(answer).toMatch(/^a=ice-ufrag:.+\r$/m);
    expect((await end()).status).toBe(200);
  });

  it('PATCH with candidates answers 204 with the ETag, with * and without If-Match, and 412 with another tag', async () => {
    const { offer, etag, patch, end } = await open();
    const fragment = trickleFragment(offer, [candidate]);
    for (const more of [{ 'if-match': etag }, { 'if-match': '*' }, {}]) {
      const response = await patch(fragment, more);
      expect([response.status, await response.text()]).toEqual([204, '']);
    }
    // The end of candidates.
    expect((await patch(trickleFragment(offer, []), { 'if-match': etag })).status).toBe(204);
    expect((await patch(fragment, { 'if-match': '"another"' })).status).toBe(412);
    await end();
  });

  it('PATCH answers 422 to an ICE restart, 400 to a bad fragment and 415 to another type, and the session goes on', async () => {
    const viewer = await WhepViewer.open(endpoint(), { headers });
    await using _viewer = viewer;
    const patch = async (body: string, type = fragmentType): Promise<number> => {
      const init = { method: 'PATCH', body, headers: { ...headers, 'content-type': type } };
      return (await fetch(viewer.location, init)).status;
    };
    const other = trickleFragment('a=ice-ufrag:another\r\na=ice-pwd:anotherPasswordOf24Bytes\r\na=mid:0\r\n', []);
    expect(await patch(other)).toBe(422);
    expect(await patch('hello')).toBe(400);
    expect(await patch('{}', 'application/json')).toBe(415);
    await expect.poll(() => viewer.packets.length, polling).toBeGreaterThan(20);
  });

  it('DELETE answers 200, and the session is gone', async () => {
    const { offer, patch, end } = await open();
    expect((await end()).status).toBe(200);
    expect((await end()).status).toBe(404);
    expect((await patch(trickleFragment(offer, [candidate]))).status).toBe(404);
    await expect.poll(sessions, polling).toBe(0);
  });

  it('POST answers 400 to a bad offer, 406 without H.264 and 415 to another type, and other methods get 405', async () => {
    const offer = await whepOffer();
    const statuses = [
      (await post('v=0')).status,
      (await post(offer.replaceAll(/a=fingerprint:.*\r\n/g, ''))).status,
      (await post(offer.replaceAll('H264', 'VP8'))).status,
      (await post(offer, 'text/plain')).status,
      (await fetch(endpoint(), { headers })).status,
    ];
    expect(statuses).toEqual([400, 400, 406, 415, 405]);
    expect(await sessions()).toBe(0);
  });

  it('every request needs a sign-in, and a session is open only to its creator', async () => {
    const { location, end } = await open();
    const other = { authorization: `Bearer ${await server.token({ name: 'other' })}` };
    const statuses = [
      (await fetch(endpoint(), { method: 'POST', body: '', headers: { 'content-type': 'application/sdp' } })).status,
      (await fetch(location, { method: 'DELETE' })).status,
      (await fetch(location, { method: 'DELETE', headers: other })).status,
    ];
    expect(statuses).toEqual([401, 401, 404]);
    expect((await end()).status).toBe(200);
  });
});

describe('a session ends within two seconds', () => {
  /** Expects the session to end within two seconds from now. */
  async function ends(viewer: WhepViewer): Promise<void> {
    const limit = performance.now() + 2_000;
    await expect.poll(sessions, { timeout: 2_000, interval: 20 }).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, Math.max(300, limit - performance.now())));
    const count = viewer.packets.length;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(viewer.packets.length).toBe(count);
  }
  const playing = (viewer: WhepViewer): Promise<void> =>
    expect.poll(() => viewer.packets.length, polling).toBeGreaterThan(5);

  it('when the command line sets a new password for its user', async () => {
    const admin = await server.signIn();
    const input = { username: 'guest', password: adminPassword, role: 'viewer' };
    expect((await admin.send('POST', '/api/users', input)).status).toBe(201);
    const client = await server.signIn('guest', adminPassword);
    await using viewer = await WhepViewer.open(endpoint(), { headers: { cookie: client.cookie } });
    await playing(viewer);
    await server.cli('users', 'reset-password', 'guest', '--generate');
    await ends(viewer);
  });

  it('when another process revokes its token in the same data folder', async () => {
    const own = await server.token({ name: 'revoked elsewhere' });
    await using viewer = await WhepViewer.open(endpoint(), { headers: { authorization: `Bearer ${own}` } });
    await playing(viewer);
    const { stdout } = await server.cli('tokens', 'list', '--json');
    const { id } = (JSON.parse(stdout) as TokenInfo[]).find(({ name }) => name === 'revoked elsewhere') as TokenInfo;
    await server.cli('tokens', 'revoke', id);
    await ends(viewer);
  });
});
