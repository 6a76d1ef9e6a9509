// Each check fails where a version of Node.js or ws no longer has what Porthole uses of it beyond its documented API.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fstatSync, readlinkSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { received, SocketPairs } from '../../test/support/socket-pairs.ts';
import { beforeChange, beforeClose, descriptorOf, handleOf, takeHandle, transportOf } from './node-internals.ts';

const pairs = new SocketPairs();
afterEach(() => pairs.close());

describe(`Node.js ${process.version}`, () => {
  it('keeps the descriptor of a TCP connection until the connection is destroyed', async () => {
    const { server, client } = await pairs.open();
    expect(handleOf(server)).not.toBeNull();
    const descriptor = descriptorOf(server);
    expect(fstatSync(descriptor).isSocket()).toBe(true);
    if (process.platform === 'linux') {
      expect(readlinkSync(`/proc/self/fd/${descriptor}`)).toMatch(/^socket:/);
      expect(descriptorOf(client)).not.toBe(descriptor);
    }
    server.destroy();
    expect([handleOf(server), descriptorOf(server)]).toEqual([null, -1]);
  });

  it.each(['write', 'end', 'destroy', 'resetAndDestroy', 'destroySoon'] as const)(
    'calls back before %s of a socket, while it is open',
    async (name) => {
      const { server } = await pairs.open();
      let handle: unknown = null;
      beforeChange(server, () => (handle ??= handleOf(server)));
      const open = handleOf(server);
      if (name === 'write') server.write('text');
      else server[name]();
      expect(handle).toBe(open);
    },
  );

  it('calls back before it writes what is piped into a socket, and before it ends and destroys that itself', async () => {
    const { server, client } = await pairs.open();
    let calls = 0;
    beforeChange(server, () => (calls += 1));
    const stream = received(client);
    pipeline(Readable.from([Buffer.from('one'), Buffer.from('two')]), server, () => undefined);
    await once(server, 'finish');
    expect(calls).toBeGreaterThanOrEqual(3);
    await expect.poll(() => stream.bytes().toString()).toBe('onetwo');
    const before = calls;
    server.resume();
    client.end();
    await once(server, 'close');
    expect(calls).toBeGreaterThan(before);
  });

  it('calls back before its HTTP server writes a response', async () => {
    let written = '';
    const server = createHttpServer((request, response) => {
      beforeChange(request.socket, () => (written += 'write;'));
      response.end('text');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    pairs.add({ destroy: () => server.close() });
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect(await response.text()).toBe('text');
    expect(written).toContain('write;');
  });

  it('reads the pipe of a child into a buffer of ours, once the handle is taken from its own stream', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdout.write("text")']);
    const handle = handleOf(child.stdout);
    expect(handle).toHaveProperty('useUserBuffer');
    takeHandle(child.stdout);
    const buffer = Buffer.alloc(100);
    let text = '';
    const callback = (length: number): boolean => {
      text += buffer.toString('utf8', 0, length);
      return true;
    };
    const options: object = { handle, writable: false, onread: { buffer, callback } };
    pairs.add(new Socket(options));
    await expect.poll(() => text, { timeout: 10_000 }).toBe('text');
  });
});

describe('ws', () => {
  /** Both ends of a WebSocket. */
  async function open(): Promise<{ server: WebSocket; client: WebSocket }> {
    const listener = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
    await once(listener, 'listening');
    const client = new WebSocket(`ws://127.0.0.1:${(listener.address() as AddressInfo).port}`);
    const [server] = (await once(listener, 'connection')) as [WebSocket];
    pairs.add({ destroy: () => listener.close() }, { destroy: () => client.terminate() });
    if (client.readyState !== client.OPEN) await once(client, 'open');
    return { server, client };
  }

  it('writes each message whole and at once to the connection that it keeps', async () => {
    const { server, client } = await open();
    const transport = transportOf(server);
    expect(transport).toBeInstanceOf(Socket);
    const before = transport.bytesWritten;
    let calls = 0;
    beforeChange(transport, () => (calls += 1));
    const message = once(client, 'message');
    server.send('text');
    expect(calls).toBeGreaterThan(0);
    expect(transport.bytesWritten - before).toBe(2 + 'text'.length);
    expect(String((await message)[0])).toBe('text');
  });

  it('takes what is written to that connection for a message', async () => {
    const { server, client } = await open();
    const message = once(client, 'message');
    transportOf(server).write(Buffer.from([0x82, 1, 7]));
    expect((await message)[0]).toEqual(Buffer.from([7]));
  });

  it.each([
    ['is told to', ({ server }: { server: WebSocket }) => server.close(1000)],
    ['answers the other side', ({ client }: { client: WebSocket }) => client.close(1000)],
    [
      'got what is no WebSocket',
      ({ client }: { client: WebSocket }) => transportOf(client).write(Buffer.alloc(8, 0xff)),
    ],
  ] as const)('calls back before it closes because it %s', async (_why, act) => {
    const ends = await open();
    ends.server.on('error', () => undefined);
    ends.client.on('error', () => undefined);
    let written = -1;
    const transport = transportOf(ends.server);
    const before = transport.bytesWritten;
    beforeClose(ends.server, () => (written = transport.bytesWritten - before));
    act(ends);
    await expect.poll(() => written).toBe(0);
  });
});
