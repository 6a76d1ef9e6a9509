import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { reach } from './reach.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A camera at an address of this machine. */
async function camera(host: string, port = 0) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket.on('close', () => sockets.delete(socket))));
  await once(server.listen(port, host), 'listening');
  closing.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const reset = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return { port: (server.address() as AddressInfo).port, connections: () => sockets.size, reset };
}

/**
 * An address whose packets get lost: a process that does not run, and whose queue of new connections is full, so that the
 * kernel ignores more.
 */
async function silentHost(host: string) {
  const program = `require('net').createServer((socket) => socket.on('error', () => {})).listen({ host: '${host}', port: 0,
    backlog: 1 }, function () { console.log(this.address().port); })`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  closing.push(() => child.kill('SIGKILL'));
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  child.kill('SIGSTOP');
  const port = Number(line);
  const isFull = async (): Promise<boolean> => {
    const socket = connect(port, host).on('error', () => undefined);
    closing.push(() => socket.destroy());
    return Promise.race([once(socket, 'connect').then(() => false), sleep(400, true)]);
  };
  while (!(await isFull()));
  return { port };
}

describe('reach', () => {
  it('tells why there is no connection', async () => {
    const { port } = await camera('127.0.0.1');
    for (const close of closing.splice(0)) await close();
    const url = `rtsp://camera:${port}/`;
    await expect(reach({ url, addresses: ['127.0.0.1'] })).rejects.toMatchObject({ code: 'source_refused' });
    await expect(reach({ url, addresses: [] })).rejects.toMatchObject({ code: 'source_unreachable' });
    const signal = AbortSignal.abort();
    await expect(reach({ url, addresses: ['127.0.0.1'] }, { signal })).rejects.toMatchObject({
      code: 'source_unreachable',
    });
  });

  it('takes the next address if one refuses, and opens one connection', async () => {
    const { port, connections } = await camera('127.0.0.1');
    const socket = await reach({ url: `rtsp://camera:${port}/`, addresses: ['127.0.0.2', '127.0.0.1'] });
    closing.push(() => socket.destroy());
    expect(socket.remoteAddress).toBe('127.0.0.1');
    await expect.poll(connections).toBe(1);
  });

  it('opens no other connection if one that was established breaks', async () => {
    const { port, connections, reset } = await camera('127.0.0.1');
    const other = await camera('127.0.0.2', port);
    const socket = await reach({ url: `rtsp://camera:${port}/`, addresses: ['127.0.0.1', '127.0.0.2'] });
    socket.on('error', () => undefined).resume();
    await expect.poll(connections).toBe(1);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    reset();
    await closed;
    await sleep(300);
    expect(other.connections()).toBe(0);
  });

  it('does not wait for an address that nobody answers until it gives up', async () => {
    const { port } = await silentHost('127.0.0.2');
    await camera('127.0.0.1', port);
    const address = { url: `rtsp://camera:${port}/`, addresses: ['127.0.0.2', '127.0.0.1'] };
    const signal = AbortSignal.timeout(4_500);
    const socket = await reach(address, { signal });
    closing.push(() => socket.destroy());
    expect(socket.remoteAddress).toBe('127.0.0.1');
  });
});
