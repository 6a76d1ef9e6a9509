import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { connect as connectSecurely, createServer as createSecureServer } from 'node:tls';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { Connections, received } from '../../../test/support/connections.ts';
import { descriptorOf } from '../../../test/support/descriptor.ts';
import { lacks } from '../../../test/support/programs.ts';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { selfSigned } from '../../../test/support/tls.ts';
import { Outlet } from './outlet.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const connections = new Connections();
afterEach(() => connections.close());

describe('Outlet', () => {
  it('hands bytes to the system while it takes them, and the rest through the socket, in their order', async () => {
    const { server, client } = await connections.open();
    const outlet = new Outlet(server);
    const sent: Buffer[] = [];
    const send = (): boolean => {
      const bytes = Buffer.alloc(300_001, sent.length + 1);
      sent.push(bytes);
      return outlet.write(bytes);
    };
    expect(send()).toBe(true);
    // Nothing of it went through the socket.
    expect(server.bytesWritten).toBe(0);
    while (send());
    expect(server.writableLength).toBeGreaterThan(0);
    expect(send()).toBe(false);
    const stream = received(client);
    await expect.poll(() => stream.bytes().length).toBe(sent.length * 300_001);
    const before = server.bytesWritten;
    expect(send()).toBe(true);
    expect(server.bytesWritten).toBe(before);
    await expect.poll(() => stream.bytes().length).toBe(sent.length * 300_001);
    expect(stream.bytes().equals(Buffer.concat(sent))).toBe(true);
  });

  it('keeps nothing of shared bytes for a client that does not read, so that their memory is free soon', async () => {
    const { server } = await connections.open();
    const outlet = new Outlet(server);
    const untilFull = (): WeakRef<ArrayBufferLike> => {
      for (;;) {
        const bytes = Buffer.alloc(300_001);
        if (!outlet.write(bytes)) return new WeakRef(bytes.buffer);
      }
    };
    const last = untilFull();
    await turnOfTheLoop();
    collectGarbage();
    expect(last.deref()).toBeUndefined();
    expect(server.writableLength).toBeGreaterThan(0);
  });

  it('writes nothing to a connection that has the descriptor of one that is gone', async () => {
    const first = await connections.open();
    const outlet = new Outlet(first.server);
    expect(outlet.write(Buffer.from('before'))).toBe(true);
    const descriptor = descriptorOf(first.server);
    first.server.on('error', () => undefined);
    first.server.destroy();
    await once(first.server, 'close');
    const [heir, other] = await connections.openWith(descriptor);
    const stream = received(other);
    outlet.write(Buffer.from('of the first one'));
    heir.write('of the next one');
    await expect.poll(() => stream.bytes().length).toBeGreaterThan(0);
    expect(stream.bytes().toString()).toBe('of the next one');
  });

  it('writes nothing to the descriptor of a connection from the moment that it is destroyed, before it says so', async () => {
    const { server } = await connections.open();
    const outlet = new Outlet(server);
    expect(outlet.write(Buffer.from('before'))).toBe(true);
    const descriptor = descriptorOf(server);
    server.on('error', () => undefined);
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'heir');
    server.destroy();
    // The system gives the lowest free descriptor to who opens something next, in the same turn of the loop as well.
    const heirs: number[] = [];
    while (heirs.at(-1) !== descriptor && heirs.length < 50) heirs.push(openSync(path, 'a'));
    outlet.write(Buffer.from('behind'));
    for (const heir of heirs) closeSync(heir);
    expect(heirs).toContain(descriptor);
    expect(readFileSync(path, 'utf8')).toBe('');
  });

  it('leaves a connection whose other side has gone to the socket, which finds that out', async () => {
    const { server, client } = await connections.open();
    const outlet = new Outlet(server);
    expect(outlet.write(Buffer.from('before'))).toBe(true);
    const failed = once(server, 'error');
    client.resetAndDestroy();
    await once(client, 'close');
    expect(outlet.write(Buffer.alloc(1_000))).toBe(false);
    await failed;
    expect(server.destroyed).toBe(true);
  });

  it.skipIf(lacks('openssl'))('writes nothing past TLS', async () => {
    const listener = createSecureServer(await selfSigned()).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    const client = connectSecurely({ port, host: '127.0.0.1', rejectUnauthorized: false });
    const [server] = (await once(listener, 'secureConnection')) as [Socket];
    connections.add(client, server, { destroy: () => listener.close() });
    const stream = received(client);
    const outlet = new Outlet(server);
    outlet.write(Buffer.from('secret'));
    await expect.poll(() => stream.bytes().toString()).toBe('secret');
    expect(server.bytesWritten).toBe(6);
  });
});
