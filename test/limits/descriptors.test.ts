import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let token: string;

beforeAll(async () => {
  server = await startServer({ args: ['--camera', 'Test=test:?width=320&height=180&fps=10', '--grace', '0'] });
  token = await server.token();
});

afterAll(async () => server.stop());

describe('a server without file descriptors', () => {
  // One for the request, and some for the capture process, which takes about ten.
  it.each([1, 3, 5])('but %i cannot open a camera, says so, and opens it when there are more again', async (spare) => {
    expect((await snapshot()).status).toBe(200);
    await expect.poll(() => server.children.length, { timeout: 10_000 }).toBe(0);
    limitTo(openDescriptors() + spare);
    const refused = await snapshot();
    limitTo(1_024);
    expect([refused.status, await refused.text()]).toEqual([503, expect.stringContaining('no open files')]);
    await expect.poll(async () => (await snapshot()).status, { timeout: 30_000 }).toBe(200);
    expect(server.log.filter(({ level }) => level === 'fatal')).toEqual([]);
  });

  it('accepts connections again when some have left', async () => {
    limitTo(openDescriptors() + 5);
    const sockets = Array.from({ length: 40 }, () => {
      return connect(Number(new URL(server.url).port), '127.0.0.1').on('error', () => undefined);
    });
    await Promise.all(sockets.map((socket) => Promise.race([once(socket, 'connect'), once(socket, 'close')])));
    close(sockets);
    await expect
      .poll(async () => (await fetch(`${server.url}/healthz`).catch(() => null))?.status, { timeout: 30_000 })
      .toBe(200);
    limitTo(1_024);
  });
});

function snapshot(): Promise<Response> {
  return fetch(`${server.url}/snapshot`, { headers: { authorization: `Bearer ${token}`, connection: 'close' } });
}

function openDescriptors(): number {
  return readdirSync(`/proc/${server.pid}/fd`).length;
}

/** Sets how many files the server may have open (prlimit(2)). */
function limitTo(count: number): void {
  execFileSync('prlimit', ['--pid', String(server.pid), `--nofile=${count}:1024`]);
}

function close(sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.destroy();
}
