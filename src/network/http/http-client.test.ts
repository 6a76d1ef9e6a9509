import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { HttpClient } from './http-client.ts';

it.each([1, 7, 100_000])('hands over a connection with the whole reply, in pieces of %d', async (size) => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\nTransfer-Encoding: chunked\r\n\r\n';
  const sent = Buffer.from(`${head}14\r\n${'G'.repeat(20)}\r\n3\r\nend\r\n0\r\n\r\n`);
  let requests = 0;
  const server = createServer((socket) => {
    socket.on('data', () => {
      requests += 1;
      for (let at = 0; at < sent.length; at += size) socket.write(sent.subarray(at, at + size));
      // The end follows once the reply has been recognised.
      setTimeout(() => socket.end(), 50);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new HttpClient({ url: `http://127.0.0.1:${port}/live`, addresses: ['127.0.0.1'] });
  const reply = await client.get();
  expect(reply.start.toString()).toMatch(/^G{16,20}/);
  const socket = reply.detach();
  const read: Buffer[] = [];
  socket?.on('data', (bytes: Buffer) => read.push(bytes));
  if (socket !== null) await once(socket, 'close');
  expect(Buffer.concat(read).toString()).toBe(sent.toString());
  expect(requests).toBe(1);
  expect(reply.detach()).toBeNull();
  server.close();
});
