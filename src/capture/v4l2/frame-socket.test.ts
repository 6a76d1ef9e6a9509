import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, expect, it } from 'vitest';
import { FrameReader } from '../../channel/frames.ts';

const folder = mkdtempSync(join(tmpdir(), 'frame-socket-'));
afterAll(() => rmSync(folder, { recursive: true }));

const sockets: Socket[] = [];
afterEach(() => sockets.splice(0).forEach((socket) => socket.destroy()));

/** Two ends of a connection like the one that a capture process is started with. The first one is read by nobody. */
async function ends(): Promise<{ readonly descriptor: number; readonly server: Socket }> {
  const path = join(folder, `${sockets.length}-${process.hrtime.bigint()}`);
  const listener = createServer({ pauseOnConnect: true }).listen(path);
  await once(listener, 'listening');
  const client = connect({ path, allowHalfOpen: true });
  const [server] = (await once(listener, 'connection')) as [Socket];
  listener.close();
  sockets.push(client, server);
  const { fd } = (client as unknown as { readonly _handle: { readonly fd: number } })._handle;
  return { descriptor: fd, server };
}

/** Sends pictures of these lengths from a thread of its own. @returns what `send` returned of each; its error, if there was one */
function sendFrom(descriptor: number, lengths: readonly number[]): Promise<{ waited: boolean[]; error?: string }> {
  const program = `
    const { parentPort, workerData } = require('node:worker_threads');
    (async () => {
      const { FrameSocket } = await import(workerData.socket);
      const { FrameHeader } = await import(workerData.frames);
      const socket = new FrameSocket(workerData.descriptor);
      const header = new FrameHeader();
      const waited = [];
      try {
        workerData.lengths.forEach((length, index) => {
          const bytes = Buffer.alloc(length, index + 1);
          const frame = { bytes, sequence: index, capturedAt: 1.5, keyframe: true, width: 4, height: 2 };
          waited.push(socket.send(header.of(9, frame), bytes));
        });
        parentPort.postMessage({ waited });
      } catch (error) {
        parentPort.postMessage({ waited, error: error.code });
      }
    })();`;
  const workerData = {
    descriptor,
    lengths,
    socket: new URL('frame-socket.ts', import.meta.url).href,
    frames: new URL('../../channel/frames.ts', import.meta.url).href,
  };
  const worker = new Worker(program, { eval: true, workerData });
  return once(worker, 'message').then(([told]) => told as { waited: boolean[]; error?: string });
}

it('sends each frame whole, and tells when it had to wait for the reader', async () => {
  const { descriptor, server } = await ends();
  const lengths = [20_000, 4_000_000, 1, 30_000];
  const told = sendFrom(descriptor, lengths);
  // The first one must be there before anybody reads, and the second one cannot be.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const got: { readonly id: number; readonly sequence: number; readonly right: boolean }[] = [];
  const reader = new FrameReader((id, { sequence, bytes }) => {
    got.push({ id, sequence, right: bytes.equals(Buffer.alloc(lengths[sequence] as number, sequence + 1)) });
  });
  server.on('data', (bytes: Buffer) => reader.push(bytes));
  server.resume();
  const { waited, error } = await told;
  expect(error).toBeUndefined();
  expect(waited.slice(0, 2)).toEqual([false, true]);
  await expect.poll(() => got.length).toBe(4);
  expect(got).toEqual(lengths.map((_, sequence) => ({ id: 9, sequence, right: true })));
});

it('says that the server is gone', async () => {
  const { descriptor, server } = await ends();
  server.destroy();
  await once(server, 'close');
  await expect(sendFrom(descriptor, [100])).resolves.toEqual({ waited: [], error: 'EPIPE' });
});
