import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { messageHeaderLength, writeMessageHeader } from './message-header.ts';

function message(kind: 'text' | 'binary', payload: Buffer): Buffer {
  const header = Buffer.alloc(messageHeaderLength(payload.length));
  writeMessageHeader(header, kind, payload.length);
  return Buffer.concat([header, payload]);
}

it.each([0, 125, 126, 65_535, 65_536])('a client reads text and binary messages of %i bytes', async (length) => {
  const payload = Buffer.alloc(length, 'x');
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.close());
  server.on('connection', (_socket, { socket }: { readonly socket: Socket }) => {
    socket.write(Buffer.concat([message('text', payload), message('binary', payload)]));
  });
  await once(server, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  onTestFinished(() => client.terminate());
  const read: (readonly [boolean, Buffer])[] = [];
  client.on('message', (data: Buffer, isBinary) => read.push([isBinary, data]));
  await expect.poll(() => read.length, { interval: 5 }).toBe(2);
  expect(read).toEqual([
    [false, payload],
    [true, payload],
  ]);
});
