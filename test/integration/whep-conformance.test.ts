// WHEP by the letter (RFC 9725's rules for WHIP as draft-ietf-wish-whep takes them over), on the real server.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trickleFragment } from '../../src/browser/transports/whep.ts';
import type { TokenInfo } from '../../src/domain/user.ts';
import { readMetrics } from '../support/metrics.ts';
import { adminPassword, startServer, type TestServer } from '../support/server.ts';
import { whepOffer, WhepViewer } from '../support/whep-viewer.ts';

const camera = ['--camera', 'front=test:?width=320&height=240&fps=15'] as const;
const fragmentType = 'application/trickle-ice-sdpfrag';
/** Patient, for a slow machine. */
const patience = { timeout: 20_000, interval: 50 };

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

/** A session that was opened and not connected yet. */
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
  it('OPTIONS is 204 and says what may be posted, also to strangers', async () => {
    for (const own of [headers, {}]) {
      const response = await fetch(endpoint(), { method: 'OPTIONS', headers: own });
      expect([response.status, await response.text()]).toEqual([204, '']);
      expect(response.headers.get('accept-post')).toBe('application/sdp');
      expect(response.headers.get('accept-patch')).toBe(fragmentType);
    }
  });

  it('POST is 201 with the answer, the address of the session below its own and the tag of its ICE', async () => {
    const { response, answer, location, etag, end } = await open();
    expect(response.status).toBe(201);
    expect(response.headers.get('content-type')).toBe('application/sdp');
    expect(location).toMatch(new RegExp(`^${endpoint()}/[\\w-]{20,}$`));
    // RFC 9110, section 8.8.3: a strong one, for If-Match.
    expect(etag).toMatch(/^"[^"]+"$/);
    expect(answer).toMatch(/^v=0\r\n/);
    expect(answer).toMatch(/^a=sendonly\r$/m);
    expect(answer).toMatch(/^a=setup:(active|passive)\r$/m);
    expect(answer).toMatch(/^a=ice-ufrag:.+\r$/m);
    expect((await end()).status).toBe(200);
  });

  it("the page's candidates are 204, with its tag, with * and with none; another tag is 412", async () => {
    const { offer, etag, patch, end } = await open();
    const fragment = trickleFragment(offer, [candidate]);
    for (const more of [{ 'if-match': etag }, { 'if-match': '*' }, {}]) {
      const response = await patch(fragment, more);
      expect([response.status, await response.text()]).toEqual([204, '']);
    }
    // The end of them.
    expect((await patch(trickleFragment(offer, []), { 'if-match': etag })).status).toBe(204);
    expect((await patch(fragment, { 'if-match': '"another"' })).status).toBe(412);
    await end();
  });

  it('a restart of ICE is 422, a fragment that is none 400, another type 415, and the session is not harmed', async () => {
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
    await expect.poll(() => viewer.packets.length, patience).toBeGreaterThan(20);
  });

  it('DELETE is 200, and there is nothing to end or change any more', async () => {
    const { offer, patch, end } = await open();
    expect((await end()).status).toBe(200);
    expect((await end()).status).toBe(404);
    expect((await patch(trickleFragment(offer, [candidate]))).status).toBe(404);
    await expect.poll(sessions, patience).toBe(0);
  });

  it('what is no offer is 400, what has no H.264 406, another type 415, and another method 405', async () => {
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

  it('needs a sign-in for each request, and a session is only for those who opened it', async () => {
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
  /** Holds it to that, counted from now. */
  async function ends(viewer: WhepViewer): Promise<void> {
    const limit = performance.now() + 2_000;
    await expect.poll(sessions, { timeout: 2_000, interval: 20 }).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, Math.max(300, limit - performance.now())));
    const count = viewer.packets.length;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(viewer.packets.length).toBe(count);
  }
  const playing = (viewer: WhepViewer): Promise<void> =>
    expect.poll(() => viewer.packets.length, patience).toBeGreaterThan(5);

  it('when the command line gives its user a new password', async () => {
    const admin = await server.signIn();
    const input = { username: 'guest', password: adminPassword, role: 'viewer' };
    expect((await admin.send('POST', '/api/users', input)).status).toBe(201);
    const client = await server.signIn('guest', adminPassword);
    await using viewer = await WhepViewer.open(endpoint(), { headers: { cookie: client.cookie } });
    await playing(viewer);
    await server.cli('users', 'reset-password', 'guest', '--generate');
    await ends(viewer);
  });

  it('when another process revokes its token on the same data', async () => {
    const own = await server.token({ name: 'revoked elsewhere' });
    await using viewer = await WhepViewer.open(endpoint(), { headers: { authorization: `Bearer ${own}` } });
    await playing(viewer);
    await using second = await startServer({ data: server.data, args: camera });
    const elsewhere = await second.signIn();
    const tokens = await elsewhere.json<TokenInfo[]>('/api/tokens');
    const { id } = tokens.find(({ name }) => name === 'revoked elsewhere') as TokenInfo;
    expect((await elsewhere.send('DELETE', `/api/tokens/${id}`)).status).toBe(204);
    await ends(viewer);
  });
});
