// WHEP with a client on werift, and with hostile clients.
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { badOffers } from '../support/whep-offers.ts';
import type { TokenInfo, User } from '../../src/domain/users/user.ts';
import { readBarCode } from '../support/bar-code.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { readMetrics } from '../support/metrics.ts';
import { lacks } from '../support/programs.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { whepOffer, WhepViewer } from '../support/whep-viewer.ts';

const size = { width: 640, height: 480 } as const;
const camera = ['--camera', 'front=test:?width=640&height=480&fps=15'] as const;
/** Polling for a slow machine, in milliseconds. */
const polling = { timeout: 20_000, interval: 50 };

let server: TestServer;
let headers: Readonly<Record<string, string>>;
/** The reply to a client that never connects. */
let unconnected: Response;

beforeAll(async () => {
  server = await startServer({ args: [...camera, '--camera', 'quiet=test:?width=320&height=240&fps=5'] });
  headers = { authorization: `Bearer ${await server.token()}` };
  // Ends during the other tests.
  unconnected = await post(await whepOffer(), server, {}, 'quiet');
  expect([unconnected.status, await viewers('quiet')]).toEqual([201, 1]);
});
afterAll(() => server.stop());

const endpoint = (at: TestServer = server, camera = 'front'): string => `${at.url}/cameras/${camera}/whep`;
const watch = (options: Parameters<typeof WhepViewer.open>[1] = {}): Promise<WhepViewer> =>
  WhepViewer.open(endpoint(), { headers, ...options });

async function viewers(camera = 'front'): Promise<number> {
  const metrics = await readMetrics(server.url, headers.authorization?.split(' ')[1] ?? '');
  return metrics.value('porthole_rendition_viewers', { camera, rendition: 'h264-source' });
}

async function post(
  body: string,
  at: TestServer = server,
  more: Readonly<Record<string, string>> = {},
  camera = 'front',
): Promise<Response> {
  return fetch(endpoint(at, camera), {
    method: 'POST',
    body,
    headers: { ...headers, 'content-type': 'application/sdp', ...more },
  });
}

/** The frame numbers in H.264, as FFmpeg decodes it. */
async function numbersIn(annexB: Buffer): Promise<readonly (number | null)[]> {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'in.h264'), annexB);
  await promisify(execFile)('ffmpeg', ['-v', 'error', '-i', 'in.h264', '-fps_mode', 'passthrough', '%05d.png'], {
    cwd: folder.path,
  });
  const names = (await readdir(folder.path)).filter((name) => name.endsWith('.png')).sort();
  return await Promise.all(names.map(async (name) => readBarCode(await readFile(join(folder.path, name)), size)));
}

describe('another implementation of WebRTC', () => {
  it.each([
    ['UDP', false, 'udp'],
    ['TCP, where UDP is blocked', true, 'tcp'],
  ])('receives the camera over %s', async (_, tcpOnly, protocol) => {
    await using viewer = await watch({ tcpOnly });
    await expect.poll(() => viewer.packets.filter(({ marker }) => marker).length, polling).toBeGreaterThan(20);
    expect(viewer.protocol).toBe(protocol);
    const pictures = viewer.packets.filter(({ marker }) => marker).map(({ timestamp }) => timestamp);
    // A timestamp is the capture time in ticks of 90 kHz, modulo 2^32.
    const age = ((((Date.now() * 90 - (pictures.at(-1) ?? 0)) % 2 ** 32) + 2 ** 32) % 2 ** 32) / 90;
    expect(age).toBeLessThan(2_000);
    expect(pictures).toEqual(pictures.toSorted((a, b) => a - b));
  });

  it.skipIf(lacks('ffmpeg'))('gets pictures that decode, from a keyframe on, every one', async () => {
    await using viewer = await watch();
    await expect.poll(() => viewer.packets.filter(({ marker }) => marker).length, polling).toBeGreaterThan(40);
    await viewer.end();
    const sent = viewer.packets.filter(({ marker }) => marker).length;
    const numbers = await numbersIn(viewer.annexB);
    expect(numbers).not.toContain(null);
    expect(numbers).toHaveLength(sent);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => (a ?? 0) - (b ?? 0)));
  });

  it('is removed when it leaves, with or without a DELETE', async () => {
    await using first = await watch();
    await using second = await watch();
    await expect.poll(() => Math.min(first.packets.length, second.packets.length), polling).toBeGreaterThan(5);
    expect(await viewers()).toBe(2);
    expect(await first.end()).toBe(200);
    await expect.poll(() => viewers(), polling).toBe(1);
    expect(await first.end()).toBe(404);
    await second.leave();
    await expect.poll(() => viewers(), { timeout: 60_000, interval: 200 }).toBe(0);
  });
});

describe('a session', () => {
  /** Expects viewers to end within two seconds from now, as documented. */
  async function endWithin(...gone: readonly WhepViewer[]): Promise<void> {
    const limit = performance.now() + 2_000;
    await expect.poll(() => viewers(), { timeout: 2_000, interval: 20 }).toBe(0);
    const counts = gone.map(({ packets }) => packets.length);
    await new Promise((resolve) => setTimeout(resolve, Math.max(300, limit - performance.now())));
    expect(gone.map(({ packets }) => packets.length)).toEqual(counts);
  }
  const playing = async (viewer: WhepViewer): Promise<void> => {
    await expect.poll(() => viewer.packets.length, polling).toBeGreaterThan(5);
  };

  it('ends when its token is revoked', async () => {
    const token = await server.token({ name: 'to be revoked' });
    await using viewer = await watch({ headers: { authorization: `Bearer ${token}` } });
    await playing(viewer);
    const admin = await server.signIn();
    const tokens = await admin.json<TokenInfo[]>('/api/tokens');
    const { id } = tokens.find(({ name }) => name === 'to be revoked') as TokenInfo;
    expect((await admin.send('DELETE', `/api/tokens/${id}`)).status).toBe(204);
    await endWithin(viewer);
  });

  it('ends when its user signs out; a sign-in needs no CSRF token', async () => {
    const client = await server.signIn();
    await using viewer = await watch({ headers: { cookie: client.cookie, origin: server.url } });
    await playing(viewer);
    await client.submit('/logout');
    await endWithin(viewer);
  });

  it('ends when its user loses access to the camera', async () => {
    const admin = await server.signIn();
    const input = { username: 'guest', password: 'a long enough password', role: 'viewer' };
    const user = (await (await admin.send('POST', '/api/users', input)).json()) as User;
    const token = await server.token({ user: 'guest' });
    await using viewer = await watch({ headers: { authorization: `Bearer ${token}` } });
    await playing(viewer);
    expect((await admin.send('PATCH', `/api/users/${user.id}`, { cameras: [] })).status).toBe(200);
    await endWithin(viewer);
  });

  it('ends when its camera is switched off or removed', async () => {
    const admin = await server.signIn();
    const added = (await (await admin.send('POST', '/api/cameras', { name: 'Second', source: 'test:' })).json()) as {
      id: string;
    };
    const url = `${server.url}/cameras/${added.id}/whep`;
    for (const end of [
      () => admin.send('PATCH', `/api/cameras/${added.id}`, { enabled: false }),
      () => admin.send('DELETE', `/api/cameras/${added.id}`),
    ]) {
      await admin.send('PATCH', `/api/cameras/${added.id}`, { enabled: true });
      await using viewer = await WhepViewer.open(url, { headers });
      await playing(viewer);
      expect((await end()).status).toBeLessThan(300);
      await expect.poll(() => viewers(added.id), polling).toBe(0);
    }
    expect(
      (
        await fetch(url, {
          method: 'POST',
          body: await whepOffer(),
          headers: { ...headers, 'content-type': 'application/sdp' },
        })
      ).status,
    ).toBe(404);
  });
});

describe('a bad offer', () => {
  it.each(badOffers)('%s is refused in words', async (_, sdp, code) => {
    const response = await post(sdp, server, { accept: 'application/json' });
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    expect([response.status, error.code]).toEqual([code === 'invalid_input' ? 400 : 406, code]);
    expect(error.message).toMatch(/^[A-Z].{20,}\.$/);
    expect(await viewers()).toBe(0);
  });

  it('never crashes the server, nor do random bytes over UDP and TCP', async () => {
    const { pid } = server;
    const good = await whepOffer();
    let seed = 11;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const statuses = new Set<number>();
    const lines = good.split('\r\n');
    for (let round = 0; round < 150; round += 1) {
      const changed = [...lines];
      for (let times = random(3); times >= 0; times -= 1) {
        const at = random(changed.length);
        const line = changed[at] ?? '';
        const cut = random(line.length + 1);
        changed[at] =
          line.slice(0, cut) +
          String.fromCharCode(33 + random(90)).repeat(1 + random(40)) +
          line.slice(cut + random(4));
      }
      const response = await post(changed.join('\r\n'));
      statuses.add(response.status);
      const relative = response.headers.get('location');
      if (relative === null) continue;
      const location = new URL(relative, endpoint());
      const fragment = `a=ice-ufrag:${String(random(1e9))}\r\n${changed.filter((line) => /^[am]=/.test(line)).join('\r\n')}`;
      const type = { 'content-type': 'application/trickle-ice-sdpfrag' };
      await fetch(location, { method: 'PATCH', body: fragment, headers: { ...headers, ...type } });
      await fetch(location, { method: 'DELETE', headers });
    }
    expect([...statuses].filter((status) => ![201, 400, 406].includes(status))).toEqual([]);
    expect(statuses.has(201) && statuses.has(400)).toBe(true);

    const ready = server.log.find(({ msg }) => msg === 'WebRTC is ready') as { udp: number; tcp: number };
    await using viewer = await watch();
    await expect.poll(() => viewer.packets.length, polling).toBeGreaterThan(5);
    const hello = Buffer.concat([Buffer.from('000100002112a442', 'hex'), Buffer.alloc(12, 7)]);
    const udp = createSocket('udp4');
    for (let round = 0; round < 2_000; round += 1) {
      const bytes = Buffer.from(Array.from({ length: 1 + random(200) }, () => random(256)));
      if (round % 2 === 0) hello.copy(bytes);
      udp.send(bytes, ready.udp, '127.0.0.1');
      if (round % 50 === 0) {
        const tcp = connect(ready.tcp, '127.0.0.1').on('error', () => undefined);
        tcp.end(round % 100 === 0 ? bytes : Buffer.concat([Buffer.from([0, bytes.length]), bytes]));
      }
    }
    udp.close();
    const before = viewer.packets.length;
    await expect.poll(() => viewer.packets.length, polling).toBeGreaterThan(before + 20);
    expect(server.pid).toBe(pid);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });
});

describe('the native library', () => {
  const isLoaded = async ({ pid }: TestServer): Promise<boolean> =>
    (await readFile(`/proc/${pid}/maps`, 'utf8')).includes('node_datachannel');
  /** The names of a server's threads. */
  const threadsOf = async ({ pid }: TestServer): Promise<readonly string[]> => {
    const tasks = await readdir(`/proc/${pid}/task`);
    const names = tasks.map((task) => readFile(`/proc/${pid}/task/${task}/comm`, 'utf8').catch(() => ''));
    return (await Promise.all(names)).map((name) => name.trim());
  };

  it.skipIf(process.platform !== 'linux')(
    'is loaded for the first offer and not before, and ends with the server',
    async () => {
      await using own = await startServer({ args: [...camera, '--access', 'public'] });
      expect((await fetch(endpoint(own), { method: 'OPTIONS' })).status).toBe(204);
      expect((await post('v=0', own, { authorization: '' })).status).toBe(400);
      expect(await isLoaded(own)).toBe(false);
      await using viewer = await WhepViewer.open(endpoint(own));
      await expect.poll(() => viewer.packets.length, polling).toBeGreaterThan(5);
      expect(await isLoaded(own)).toBe(true);
      // The server also stops in time with a session open, which `stop` checks.
      await own.stop();
    },
  );

  it.skipIf(process.platform !== 'linux')(
    'stops its threads after the last viewer, and serves the next one, over UDP and over TCP',
    async () => {
      await using own = await startServer({ args: [...camera, '--access', 'public'] });
      for (const tcpOnly of [false, true, false]) {
        await using viewer = await WhepViewer.open(endpoint(own), { tcpOnly });
        await expect.poll(() => viewer.packets.length, polling).toBeGreaterThan(5);
        expect(await threadsOf(own)).toContain('SCTP timer');
        await viewer.end();
        await expect
          .poll(async () => (await threadsOf(own)).filter((name) => /^(RTC|SCTP)/.test(name)), polling)
          .toEqual([]);
      }
    },
    60_000,
  );

  it('reports a port that is taken, and works once it is free', async () => {
    const other = createSocket('udp4');
    await new Promise<void>((resolve) => other.bind(0, '127.0.0.1', resolve));
    const { port } = other.address();
    await using own = await startServer({ args: [...camera, '--access', 'public', '--ice-port', String(port)] });
    const refused = await post(await whepOffer(), own, { authorization: '' });
    expect([refused.status, await refused.text()]).toEqual([503, expect.stringContaining(`UDP port ${port}`)]);
    await new Promise<void>((resolve) => other.close(resolve));
    await using viewer = await WhepViewer.open(endpoint(own));
    await expect.poll(() => viewer.packets.length, polling).toBeGreaterThan(5);
    expect(own.output, 'what the library has printed').not.toMatch(/UDP socket/);
  });

  it('takes another port where the usual one is in use, and prints nothing about that', async () => {
    const other = createSocket('udp4');
    const { promise: taken, resolve } = Promise.withResolvers<void>();
    // Another test's server may have it already.
    other.once('error', () => resolve()).bind(8189, '127.0.0.1', resolve);
    await taken;
    await using own = await startServer({ args: [...camera, '--access', 'public'] });
    await using viewer = await WhepViewer.open(endpoint(own));
    await expect.poll(() => viewer.packets.length, polling).toBeGreaterThan(5);
    other.close();
    expect(own.output, 'what the library has printed').not.toMatch(/UDP socket/);
  });

  it('listens at the configured address, and announces the configured addresses', async () => {
    const args = ['--ice-port', '47100-47110', '--ice-tcp-port', 'off', '--ice-address', '203.0.113.9'];
    await using own = await startServer({ args: [...camera, '--access', 'public', ...args] });
    const response = await post(await whepOffer(), own, { authorization: '' });
    const candidates = [...(await response.text()).matchAll(/^a=candidate:\w+ 1 (\w+) \d+ (\S+) (\d+) typ (\w+)/gm)];
    expect(candidates.map(([, protocol, address, , type]) => [protocol, address, type])).toEqual([
      ['udp', '127.0.0.1', 'host'],
      ['udp', '203.0.113.9', 'host'],
    ]);
    expect(candidates.every(([, , , port]) => Number(port) >= 47_100 && Number(port) <= 47_110)).toBe(true);
    await using viewer = await WhepViewer.open(endpoint(own));
    await expect.poll(() => viewer.packets.length, polling).toBeGreaterThan(5);
  });
});

it("a session ends when it doesn't connect", async () => {
  await expect.poll(() => viewers('quiet'), { timeout: 30_000, interval: 200 }).toBe(0);
  const location = new URL(unconnected.headers.get('location') ?? '', endpoint(server, 'quiet'));
  expect((await fetch(location, { method: 'DELETE', headers })).status).toBe(404);
});
