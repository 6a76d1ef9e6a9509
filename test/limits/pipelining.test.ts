import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../support/server.ts';
import { SteadyMultipart } from '../support/steady-viewer.ts';

/** Connections that send everything at once and read nothing, and how many requests each sends. */
const rushes = [
  { connections: 20, requests: 950 },
  { connections: 300, requests: 200 },
];

let server: TestServer;
let asset: string;
let token: string;

beforeAll(async () => {
  server = await startServer({ args: ['--camera', 'Test=test:?width=640&height=360&fps=30'] });
  const page = await (await fetch(`${server.url}/login`)).text();
  asset = /"(\/assets\/[^"]+\.(?:css|js))"/.exec(page)?.[1] ?? '';
  token = await server.token();
});

afterAll(async () => server.stop());

describe('a visitor who sends many requests ahead and reads no answer', () => {
  it.each(rushes)('$connections connections with $requests requests each', async ({ connections, requests }) => {
    expect(asset, 'an asset of the page of sign-in').not.toBe('');
    using viewer = await SteadyMultipart.open(`${server.url}/stream`, token);
    await viewer.next(() => true, 10_000, 'the first frame');
    const calm = await rateOf(viewer);
    const memory = await residentOf(server.pid);
    const sockets = await Promise.all(
      Array.from({ length: connections }, async () => {
        const socket = connect(Number(new URL(server.url).port), '127.0.0.1').on('error', () => undefined);
        socket.pause();
        await once(socket, 'connect');
        socket.write(`GET ${asset} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(requests));
        return socket;
      }),
    );
    try {
      const rushed = await rateOf(viewer);
      expect(
        rushed / calm,
        'frame rate during the rush, of that before: 0.02 when every request was served at once',
      ).toBeGreaterThan(1 / 3);
      expect(viewer.complaints).toEqual([]);
      expect(
        (await residentOf(server.pid)) - memory,
        'megabytes more: 1,000 to 2,600 when every request was served at once',
      ).toBeLessThan(400);
    } finally {
      await closed(sockets);
    }
  });

  it('is answered as long as few wait', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(9));
    socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(10);
    expect(text.match(/"ok":true/g)).toHaveLength(10);
  });

  it('gets nothing behind a stream', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1').on('error', () => undefined);
    socket.write(`GET /stream?token=${token} HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n`);
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
    await expect.poll(() => text.match(/--porthole-frame/g)?.length ?? 0, { timeout: 10_000 }).toBeGreaterThan(10);
    socket.destroy();
    expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });
});

/** How many frames arrive per second, over five seconds. */
async function rateOf(viewer: SteadyMultipart): Promise<number> {
  const [before, from] = [viewer.received, performance.now()];
  await delay(5_000);
  return ((viewer.received - before) * 1_000) / (performance.now() - from);
}

/** The resident memory of a process, in megabytes. */
async function residentOf(pid: number): Promise<number> {
  return Number(/VmRSS:\s*(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
}

async function closed(sockets: readonly Socket[]): Promise<void> {
  for (const socket of sockets) socket.destroy();
  await delay(100);
}
