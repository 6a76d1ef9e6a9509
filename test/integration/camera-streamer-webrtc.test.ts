// WebRTC with camera-streamer's messages: with a client on another WebRTC implementation, and with malicious clients.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TokenInfo } from '../../src/domain/users/user.ts';
import { CameraStreamerViewer } from '../support/camera-streamer-viewer.ts';
import { readMetrics } from '../support/metrics.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** Long enough for a slow machine, in milliseconds. */
const patience = { timeout: 20_000, interval: 50 };

let server: TestServer;
let headers: Readonly<Record<string, string>>;
/** A client that never answers. It ends during the other tests. */
let silent: CameraStreamerViewer;

beforeAll(async () => {
  server = await startServer({ args: ['--camera', 'front=test:?width=640&height=480&fps=15'] });
  headers = { authorization: `Bearer ${await server.token()}` };
  silent = await CameraStreamerViewer.ask(`${server.url}/webrtc/?camera=front`, headers);
  expect(await viewers('source')).toBe(1);
});
afterAll(async () => {
  await silent[Symbol.asyncDispose]();
  await server.stop();
});

/** Tests that count viewers use separate widths: a viewer that disappears silently counts for seconds. */
const endpoint = (width = 320): string => `${server.url}/webrtc?width=${width}`;

async function viewers(width: number | 'source'): Promise<number> {
  const metrics = await readMetrics(server.url, headers.authorization?.split(' ')[1] ?? '');
  return metrics.value('porthole_rendition_viewers', { camera: 'front', rendition: `h264-${width}` });
}

describe('a client of camera-streamer', () => {
  it('gets an offer and then the video', async () => {
    await using viewer = await CameraStreamerViewer.open(endpoint(), headers);
    expect(viewer.offer).toMatchObject({ type: 'offer', iceServers: [] });
    await expect.poll(() => viewer.pictures.length, patience).toBeGreaterThan(20);
    expect(viewer.pictures).toEqual(viewer.pictures.toSorted((a, b) => a - b));
    expect(viewer.bytes).toBeGreaterThan(2_000);
  });

  it('may send its candidates before its answer, as fast pages do, and is contacted there', async () => {
    await using viewer = await CameraStreamerViewer.ask(endpoint(), headers);
    const lines = (await viewer.answer()).split('\r\n').filter((line) => !line.startsWith('a=candidate:'));
    // It must not connect first: an established connection needs no other address.
    await viewer.hush();
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    try {
      await once(socket, 'listening');
      const calls: Buffer[] = [];
      socket.on('message', (message) => calls.push(message));
      const candidate = `candidate:1 1 udp 2113937151 127.0.0.1 ${socket.address().port} typ host generation 0`;
      for (const each of [candidate, '']) {
        const message = { type: 'remote_candidate', candidates: [{ candidate: each, sdpMid: '0' }] };
        expect((await viewer.say(message)).status).toBe(200);
      }
      expect(calls).toEqual([]);
      expect((await viewer.say({ type: 'answer', sdp: lines.join('\r\n') })).status).toBe(200);
      await expect.poll(() => calls.length, patience).toBeGreaterThan(0);
      // A STUN binding request with the client's name and ours.
      expect(calls[0]?.readUInt16BE()).toBe(1);
      const [, ufrag] = /a=ice-ufrag:(.*)/.exec(lines.join('\n')) ?? [];
      expect(calls[0]?.toString('latin1')).toContain(`${ufrag}:`);
    } finally {
      socket.close();
    }
  });

  it('ends within two seconds when its token is revoked', async () => {
    const token = await server.token({ name: 'printer' });
    await using viewer = await CameraStreamerViewer.open(`${endpoint(480)}&token=${token}`, {});
    await expect.poll(() => viewer.pictures.length, patience).toBeGreaterThan(5);
    expect(await viewers(480)).toBe(1);
    const admin = await server.signIn();
    const { id } = (await admin.json<TokenInfo[]>('/api/tokens')).find(({ name }) => name === 'printer') as TokenInfo;
    expect((await admin.send('DELETE', `/api/tokens/${id}`)).status).toBe(204);
    const limit = performance.now() + 2_000;
    await expect.poll(() => viewers(480), { timeout: 2_000, interval: 20 }).toBe(0);
    const count = viewer.pictures.length;
    await new Promise((resolve) => setTimeout(resolve, Math.max(300, limit - performance.now())));
    expect(viewer.pictures.length).toBe(count);
    expect((await viewer.say({ type: 'remote_candidate', candidates: [] })).status).toBe(401);
  });

  it('gets an error for an invalid answer, and may then send one valid answer', async () => {
    await using viewer = await CameraStreamerViewer.ask(endpoint(), headers);
    const good = await viewer.answer();
    for (const bad of [
      '',
      viewer.offer.sdp,
      good.replace('recvonly', 'sendonly'),
      good.replace(/a=mid:.*/, 'a=mid:7'),
      good.replace(/a=fingerprint.*\r\n/g, ''),
      good.replace(/a=setup:.*/, 'a=setup:actpass'),
      `${good}m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n`,
    ]) {
      expect((await viewer.say({ type: 'answer', sdp: bad })).status, bad).toBe(400);
    }
    expect((await viewer.say({ type: 'answer', sdp: good.replace('SAVPF 102', 'SAVPF 96') })).status).toBe(406);
    expect((await viewer.say({ type: 'answer', sdp: good })).status).toBe(200);
    expect((await viewer.say({ type: 'answer', sdp: good })).status).toBe(400);
    await expect.poll(() => viewer.pictures.length, patience).toBeGreaterThan(5);
  });

  it('never crashes the server with any message', async () => {
    const { pid } = server;
    await using viewer = await CameraStreamerViewer.ask(endpoint(), headers);
    const good = await viewer.answer();
    let seed = 7;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const statuses = new Set<number>();
    for (let round = 0; round < 150; round += 1) {
      const lines = good.split('\r\n');
      const at = random(lines.length);
      const line = lines[at] ?? '';
      const cut = random(line.length + 1);
      lines[at] =
        [line.slice(0, cut), line + line, '', `${line.slice(0, cut)}\u0000ü${line.slice(cut)}`][random(4)] ?? '';
      statuses.add((await viewer.say({ type: 'answer', sdp: lines.join('\r\n') })).status);
    }
    // A change may leave the answer valid; then the answer has been accepted.
    expect(new Set([200, 400, 406]).isSupersetOf(statuses), [...statuses].join()).toBe(true);
    expect(statuses).toContain(400);
    expect(server.pid).toBe(pid);
    await using other = await CameraStreamerViewer.open(endpoint(), headers);
    await expect.poll(() => other.pictures.length, patience).toBeGreaterThan(5);
  });
  it('is dropped when it never answers', async () => {
    await expect.poll(() => viewers('source'), { timeout: 30_000, interval: 200 }).toBe(0);
  });
});
