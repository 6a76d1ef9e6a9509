import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { HalfOpen, type HalfOpenLimits } from './half-open.ts';

const youngest = 300;

async function serve(limits: Partial<HalfOpenLimits>, maxConnections = Infinity) {
  const server = createServer((_request, response) => response.end('here'));
  server.maxConnections = maxConnections;
  HalfOpen.watch(server, { youngest, ...limits });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const sockets: Socket[] = [];
  return {
    open: async (number: number): Promise<readonly Socket[]> => {
      const more = Array.from({ length: number }, () => connect(port, '127.0.0.1').on('error', () => undefined));
      sockets.push(...more);
      await Promise.all(more.map(async (socket) => once(socket, 'connect')));
      return more;
    },
    connections: () => new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count))),
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      server.closeAllConnections();
    },
  };
}

async function answerOf(socket: Socket): Promise<string> {
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  const [data] = (await once(socket, 'data')) as [Buffer];
  return data.toString();
}

it('one address has a limited number of connections without a request, and the oldest go', async () => {
  using server = await serve({ perAddress: 10 });
  const [used] = await server.open(1);
  expect(await answerOf(used!)).toContain('here');
  await server.open(30);
  await expect.poll(server.connections, { message: 'a rush is let in' }).toBe(31);
  await delay(youngest * 1.5);
  const late = await server.open(21);
  await expect.poll(server.connections).toBeLessThanOrEqual(31);
  expect(await answerOf(late.at(-1)!)).toContain('here');
  expect(await answerOf(used!)).toContain('here');
});

it('where no connection is free, the oldest without a request makes room', async () => {
  using server = await serve({}, 10);
  await server.open(10);
  await expect.poll(server.connections).toBe(10);
  await delay(youngest * 1.5);
  // The connection that is dropped makes room for the next one.
  await server.open(1);
  await expect.poll(server.connections).toBe(9);
  const [late] = await server.open(1);
  expect(await answerOf(late!)).toContain('here');
});

it('another address is not affected', async () => {
  let address = 'one';
  using server = await serve({ perAddress: 5, clientOf: () => address });
  await server.open(5);
  await expect.poll(server.connections).toBe(5);
  await delay(youngest * 1.5);
  address = 'other';
  await server.open(5);
  await expect.poll(server.connections).toBe(10);
});
