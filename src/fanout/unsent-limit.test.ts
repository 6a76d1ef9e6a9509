import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { lacks } from '../../test/support/programs.ts';
import { selfSigned } from '../../test/support/tls.ts';
import { UnsentLimit, type UnsentLimits } from './unsent-limit.ts';

const size = 32 * 1024 * 1024;
const answer = Buffer.alloc(size);

/** A server that answers with 32 MB, and the connections it has. */
async function serve(limits: Partial<UnsentLimits>, server: Server = createServer()) {
  const end = UnsentLimit.watch(server, { interval: 20, ...limits });
  server.on('request', (_request, response) => response.end(answer));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    [Symbol.dispose]: () => {
      end();
      server.close();
      server.closeAllConnections();
    },
  };
}

async function ask(socket: Socket): Promise<Socket> {
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('encrypted' in socket ? 'secureConnect' : 'connect', resolve));
  socket.pause().write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  return socket;
}

/** True once the server has closed a connection, which is read to its end. */
async function isCut(socket: Socket): Promise<boolean> {
  let received = 0;
  socket.on('data', (bytes: Buffer) => (received += bytes.length));
  socket.resume();
  if (!socket.destroyed) await Promise.race([once(socket, 'close'), delay(2_000)]);
  return socket.destroyed && received < size;
}

describe('UnsentLimit', () => {
  it('drops a client that takes nothing of its answer, and none that takes it slowly or waits for the next', async () => {
    using server = await serve({ stall: 1_500 });
    const idle = connect(server.port, '127.0.0.1');
    const [deaf, slow] = await Promise.all([1, 2].map(() => ask(connect(server.port, '127.0.0.1'))));
    let received = 0;
    slow!.on('data', (bytes: Buffer) => {
      received += bytes.length;
      slow!.pause();
      setTimeout(() => slow!.resume(), received < size / 4 ? 10 : 0);
    });
    slow!.resume();
    await expect.poll(() => received > size || slow!.destroyed, { timeout: 15_000 }).toBe(true);
    expect([received > size, slow!.destroyed, idle.destroyed]).toEqual([true, false, false]);
    expect(await isCut(deaf!)).toBe(true);
    for (const socket of [slow!, idle]) socket.destroy();
  });

  it('drops sooner while too much waits for all clients, and no more of them than it has to', async () => {
    using server = await serve({ stall: 60_000, stallWhenFull: 100, total: 3.5 * size });
    const deaf = await Promise.all(Array.from({ length: 8 }, () => ask(connect(server.port, '127.0.0.1'))));
    await delay(1_000);
    const cut = await Promise.all(deaf.map(async (socket) => isCut(socket)));
    const number = cut.filter(Boolean).length;
    expect(number, 'of eight, for three of which there is room').toBeGreaterThanOrEqual(4);
    expect(number).toBeLessThanOrEqual(5);
  });

  it.skipIf(lacks('openssl'))('works with TLS, where what waits is encrypted', async () => {
    using server = await serve({ stall: 300 }, createSecureServer(await selfSigned()));
    const deaf = await ask(connectTls({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false }));
    await delay(1_000);
    expect(await isCut(deaf)).toBe(true);
  });
});
