import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { connect as connectSecurely, createServer as createSecureServer } from 'node:tls';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { lacks } from '../../test/support/programs.ts';
import { received, SocketPairs } from '../../test/support/socket-pairs.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { selfSigned } from '../../test/support/tls.ts';
import { monotonicNow } from '../domain/clock.ts';
import type { Connection } from './connection.ts';
import { Connections } from './connections.ts';
import { descriptorOf } from './node-internals.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const pairs = new SocketPairs();
afterEach(() => pairs.close());

describe.each([
  ['with batches', true],
  ['without batches', false],
])('Connection, %s', (_name, batchSend) => {
  const connections = Connections.open({ batchSend });

  async function open(): Promise<{ connection: Connection; server: Socket; client: Socket }> {
    const pair = await pairs.open();
    return { ...pair, connection: connections.of(pair.server) };
  }

  /** Opens files until one gets the descriptor of a connection that was closed in this turn of the event loop. */
  function openHeir(path: string, descriptor: number): () => void {
    // The kernel gives the lowest free descriptor to what is opened next.
    const heirs: number[] = [];
    while (heirs.at(-1) !== descriptor && heirs.length < 50) heirs.push(openSync(path, 'a'));
    expect(heirs).toContain(descriptor);
    return () => heirs.forEach((heir) => closeSync(heir));
  }

  it('is one for everyone who writes to a socket', async () => {
    const { connection, server } = await open();
    expect(connections.of(server)).toBe(connection);
    expect(connection.descriptor).toBe(descriptorOf(server));
  });

  it('hands bytes to the kernel while it takes them, and the rest through the socket, in order', async () => {
    const { connection, server, client } = await open();
    const sent: Buffer[] = [];
    const send = (): number => {
      const bytes = Buffer.alloc(300_001, sent.length + 1);
      sent.push(bytes);
      connection.write(bytes);
      return connection.unsent;
    };
    expect(send()).toBe(0);
    // Nothing of it went through the socket.
    expect(server.bytesWritten).toBe(0);
    while (send() === 0);
    expect(server.writableLength).toBeGreaterThan(0);
    expect(send()).toBeGreaterThan(300_000);
    const stream = received(client);
    await expect.poll(() => stream.bytes().length).toBe(sent.length * 300_001);
    const before = server.bytesWritten;
    expect(send()).toBe(0);
    expect(server.bytesWritten).toBe(before);
    await expect.poll(() => stream.bytes().length).toBe(sent.length * 300_001);
    expect(stream.bytes().equals(Buffer.concat(sent))).toBe(true);
  });

  it('keeps the order of two writes in one turn of the loop where the kernel takes only a part of the first', async () => {
    const { connection, client } = await open();
    const [first, second] = [Buffer.alloc(20_000_000, 1), Buffer.alloc(1_000, 2)];
    connection.write(first);
    connection.write(second);
    const stream = received(client);
    await expect.poll(() => stream.bytes().length, { timeout: 10_000 }).toBe(first.length + second.length);
    expect(stream.bytes().equals(Buffer.concat([first, second]))).toBe(true);
  });

  it.each([
    ['writes', 'write', 'abc'],
    ['writes and ends', 'end', 'abc'],
  ] as const)(
    'keeps its bytes in front of what somebody %s by the socket in the same turn',
    async (_what, method, all) => {
      const { connection, server, client } = await open();
      const stream = received(client);
      connection.write(Buffer.from('a'));
      connection.write(Buffer.from('b'));
      server[method]('c');
      await expect.poll(() => stream.bytes().toString()).toBe(all);
    },
  );

  it('waits behind what a corked socket holds', async () => {
    const { connection, server, client } = await open();
    const stream = received(client);
    server.cork();
    server.write('head;');
    connection.write(Buffer.from('frame;'));
    expect(connection.unsent).toBe('head;frame;'.length);
    server.uncork();
    await expect.poll(() => stream.bytes().toString()).toBe('head;frame;');
    const before = server.bytesWritten;
    connection.write(Buffer.from('next;'));
    await expect.poll(() => stream.bytes().toString()).toBe('head;frame;next;');
    expect(server.bytesWritten).toBe(before);
  });

  it('tells when the kernel has taken everything that was written before', async () => {
    const { connection, client } = await open();
    connection.write(Buffer.alloc(20_000_000));
    let taken = false;
    connection.onceTaken(() => (taken = true));
    await turnOfTheLoop();
    expect(taken).toBe(false);
    received(client);
    await expect.poll(() => taken, { timeout: 10_000 }).toBe(true);
    expect(connection.unsent).toBe(0);
  });

  it('keeps nothing of shared bytes for a client that does not read, so that their memory is free soon', async () => {
    const { connection, server } = await open();
    const untilFull = (): WeakRef<ArrayBufferLike> => {
      for (;;) {
        const bytes = Buffer.alloc(300_001);
        connection.write(bytes);
        if (connection.unsent > 0) return new WeakRef(bytes.buffer);
      }
    };
    const last = untilFull();
    await turnOfTheLoop();
    collectGarbage();
    expect(last.deref()).toBeUndefined();
    expect(server.writableLength).toBeGreaterThan(0);
  });

  it('is dead when it holds something and takes none of it for 30 s, but not while it waits for a frame', async () => {
    const { connection } = await open();
    const now = monotonicNow();
    expect(connection.isTaking(now)).toBe(true);
    const later = now + 3_600_000;
    expect(connection.isTaking(later)).toBe(true);
    connection.write(Buffer.alloc(20_000_000));
    expect(connection.isTaking(later + 1_000)).toBe(true);
    expect(connection.isTaking(later + 29_000)).toBe(true);
    expect(connection.isTaking(later + 31_000)).toBe(false);
  });

  it('is not dead while a client reads a large write slowly', async () => {
    const { server, client } = await pairs.open();
    const connection = connections.of(server);
    connection.write(Buffer.alloc(40_000_000));
    const start = monotonicNow() + 1_000;
    expect(connection.isTaking(start)).toBe(true);
    let got = 0;
    client.on('data', (chunk: Buffer) => {
      got += chunk.length;
      if (got > 10_000_000) client.pause();
    });
    client.resume();
    await expect.poll(() => got).toBeGreaterThan(10_000_000);
    expect(server.writableLength).toBeGreaterThan(0);
    expect(connection.isTaking(start + 31_000)).toBe(true);
    expect(connection.isTaking(start + 62_000)).toBe(false);
  });

  it('writes nothing past a socket that was ended', async () => {
    const { server, client } = await pairs.open();
    server.on('error', () => undefined); // a write after the end
    const stream = received(client);
    const closed = new Promise((resolve) => client.once('end', resolve));
    const connection = connections.of(server);
    connection.write(Buffer.from('a'));
    server.end();
    connection.write(Buffer.from('b'));
    await closed;
    expect(stream.bytes().toString()).toBe('a');
  });

  it('writes nothing to a connection that has the descriptor of one that is gone', async () => {
    const { connection, server } = await open();
    connection.write(Buffer.from('before'));
    const { descriptor } = connection;
    server.on('error', () => undefined);
    server.destroy();
    await once(server, 'close');
    const [heir, other] = await pairs.openWith(descriptor);
    const stream = received(other);
    connection.write(Buffer.from('of the first one'));
    connections.of(heir).write(Buffer.from('of the next one'));
    await expect.poll(() => stream.bytes().length).toBeGreaterThan(0);
    expect(stream.bytes().toString()).toBe('of the next one');
  });

  it('writes nothing to the descriptor from the moment that the connection is destroyed', async () => {
    const { connection, server } = await open();
    connection.write(Buffer.from('before'));
    server.on('error', () => undefined);
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'heir');
    server.destroy();
    const closeHeirs = openHeir(path, connection.descriptor);
    connection.write(Buffer.from('after'));
    await Promise.resolve();
    closeHeirs();
    expect(readFileSync(path, 'utf8')).toBe('');
  });

  it('sends what was written in the same turn before the connection is destroyed', async () => {
    const { connection, server, client } = await open();
    const stream = received(client);
    server.on('error', () => undefined);
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'heir');
    connection.write(Buffer.from('a frame'));
    server.destroy();
    const closeHeirs = openHeir(path, connection.descriptor);
    await Promise.resolve();
    closeHeirs();
    expect(readFileSync(path, 'utf8')).toBe('');
    await expect.poll(() => stream.bytes().toString()).toBe('a frame');
  });

  it('leaves a connection whose other side has gone to the socket, which finds that out', async () => {
    const { connection, server, client } = await open();
    connection.write(Buffer.from('before'));
    const failed = once(server, 'error');
    client.resetAndDestroy();
    await once(client, 'close');
    connection.write(Buffer.alloc(1_000));
    await failed;
    expect(server.destroyed).toBe(true);
  });

  it.skipIf(lacks('openssl'))('writes nothing past TLS', async () => {
    const listener = createSecureServer(await selfSigned()).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    const client = connectSecurely({ port, host: '127.0.0.1', rejectUnauthorized: false });
    const [server] = (await once(listener, 'secureConnection')) as [Socket];
    pairs.add(client, server, { destroy: () => listener.close() });
    const stream = received(client);
    const connection = connections.of(server);
    expect(connection.descriptor).toBe(-1);
    connection.write(Buffer.from('secret'));
    await expect.poll(() => stream.bytes().toString()).toBe('secret');
    expect(server.bytesWritten).toBe(6);
  });
});
