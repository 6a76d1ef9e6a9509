import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../support/server.ts';

/** A camera that never sends anything. */
class DeadCamera {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** The number of connections so far. */
  connections = 0;

  /** @param how what it does with each connection */
  constructor(how: 'closes' | 'is silent') {
    this.#server = createServer((socket) => {
      this.connections += 1;
      this.#sockets.add(socket.on('error', () => undefined));
      if (how === 'closes') socket.destroy();
    });
  }

  async listen(): Promise<string> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  [Symbol.dispose](): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** The most attempts that the backoff makes in this time, in milliseconds: each wait is shortened by up to a quarter. */
function attemptsWithin(time: number): number {
  let attempts = 1;
  for (let wait = 250, at = 0; ; wait = Math.min(10_000, wait * 2), attempts += 1) {
    at += wait * 0.75;
    if (at > time) return attempts;
  }
}

let server: TestServer | null = null;
afterEach(async () => {
  await server?.stop();
  server = null;
});

describe.each(['0', '5'])('a dead camera, with %s seconds of grace,', (grace) => {
  it('is tried as often as without them under 200 snapshots and 50 streams, who are told why soon', async () => {
    using camera = new DeadCamera('closes');
    server = await startServer({ args: ['--camera', `Dead=${await camera.listen()}`, '--grace', grace] });
    const headers = { authorization: `Bearer ${await server.token()}` };
    const { url } = server;
    const started = performance.now();
    const first = await fetch(`${url}/cameras/dead/snapshot.jpg`, { headers });
    expect(first.status).toBe(503);
    const perAttempt = camera.connections;
    expect(perAttempt).toBeGreaterThan(0);

    for (let batch = 0; batch < 20; batch += 1) {
      const snapshots = Array.from({ length: 10 }, () => fetch(`${url}/cameras/dead/snapshot.jpg`, { headers }));
      const streams = Array.from({ length: batch % 2 === 0 ? 5 : 0 }, () => opened(url, headers));
      for (const answer of await Promise.all(snapshots)) {
        expect(answer.status).toBe(503);
        expect(await answer.text()).toMatch(/^The camera answers, but sends no image\./);
      }
      await Promise.all(streams);
    }
    const time = performance.now() - started;
    expect(camera.connections).toBeLessThanOrEqual(perAttempt * attemptsWithin(time));
    // Answers are quick: the batches together take a fraction of what they would if each waited for an attempt.
    expect(time).toBeLessThan(60_000);
  });
});

it('a camera that is silent is not opened again by each of 30 streams that come and go', async () => {
  using camera = new DeadCamera('is silent');
  server = await startServer({ args: ['--camera', `Silent=${await camera.listen()}`, '--grace', '0'] });
  const headers = { authorization: `Bearer ${await server.token()}` };
  const started = performance.now();
  for (let stream = 0; stream < 30; stream += 1) await opened(server.url, headers, 'silent');
  const attempts = server.log.filter(({ msg }) => msg === 'camera initialised: capture started');
  expect(attempts.length).toBeLessThanOrEqual(attemptsWithin(performance.now() - started));
});

/** Opens a stream, and leaves a moment later. */
async function opened(url: string, headers: Record<string, string>, id = 'dead'): Promise<void> {
  const signal = AbortSignal.timeout(100);
  await fetch(`${url}/cameras/${id}/stream.mjpeg`, { headers, signal }).then(
    (answer) => answer.body?.cancel(),
    () => undefined,
  );
}
