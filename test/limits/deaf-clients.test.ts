import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { setReceiveBuffer } from '../support/receive-buffer.ts';
import { startServer } from '../support/server.ts';
import { SteadyMultipart } from '../support/steady-viewer.ts';

const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;
const upgrade =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
/** A masked text frame (RFC 6455, section 5.2). */
const watch = (text: string) => Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);

it('clients that ask for everything and read nothing take neither the frames of others nor much memory', async () => {
  await using server = await startServer({
    args: ['--access', 'public', '--camera', 'Test=test:?width=1280&height=720&fps=30'],
  });
  using viewer = await SteadyMultipart.open(`${server.url}/stream`, '');
  await viewer.next(() => true, 10_000, 'the first frame');
  const playlist = await (await fetch(`${server.url}/cameras/test/index.m3u8`)).text();
  const segment = /hls\/\S+\.(?:mp4|m4s)/.exec(playlist)?.[0];
  expect(segment, playlist).toBeDefined();
  const calm = await rateOf(viewer);
  const memory = await residentOf(server.pid);

  const asks = [
    [get('/snapshot')],
    [get('/stream')],
    [get('/cameras/test/live.mp4')],
    [get(`/cameras/test/${segment}`)],
    [get('/live', upgrade), watch('{"type":"watch","view":1,"camera":"test","width":"source"}')],
    [],
    ['GET / HT'],
  ];
  const sockets = await Promise.all(
    Array.from({ length: 60 }, () => asks)
      .flat()
      .map(async (parts) => deafClient(Number(new URL(server.url).port), parts)),
  );
  const rushed = await rateOf(viewer);
  expect(rushed / calm, 'frame rate during the rush, of that before').toBeGreaterThan(1 / 3);
  expect(viewer.complaints).toEqual([]);
  expect((await residentOf(server.pid)) - memory, 'megabytes more').toBeLessThan(400);
  for (const socket of sockets) socket.destroy();
});

async function deafClient(port: number, parts: readonly (string | Buffer)[]): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  socket.pause();
  await once(socket, 'connect');
  setReceiveBuffer(socket, 4_096);
  for (const part of parts) socket.write(part);
  return socket;
}

/** How many frames arrive per second, over three seconds. */
async function rateOf(viewer: SteadyMultipart): Promise<number> {
  const [before, from] = [viewer.received, performance.now()];
  await delay(3_000);
  return ((viewer.received - before) * 1_000) / (performance.now() - from);
}

/** The resident memory of a process, in megabytes. */
async function residentOf(pid: number): Promise<number> {
  return Number(/VmRSS:\s*(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
}
