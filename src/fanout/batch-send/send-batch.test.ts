import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Connections, received } from '../../../test/support/connections.ts';
import { descriptorOf } from '../../../test/support/descriptor.ts';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { Outlet } from './outlet.ts';
import { SendRing } from './send-ring.ts';
import { SendBatch, type Sender } from './send-batch.ts';

const ring = SendRing.open();
const hasRing = ring !== null;
if (!hasRing) process.stderr.write('Skipped: sends in one call; this system has or allows no io_uring(7).\n');

const connections = new Connections();
afterEach(() => connections.close());

describe.skipIf(ring === null)('SendRing', () => {
  const open = ring as SendRing;

  it('sends bytes of anywhere in their memory to many connections, again and again', async () => {
    const opened = await Promise.all(Array.from({ length: 20 }, () => connections.open()));
    const streams = opened.map(({ client }) => received(client));
    // More often than the ring has places.
    const rounds = Math.ceil((open.capacity * 3) / 20);
    for (let round = 0; round < rounds; round += 1) {
      opened.forEach(({ server }, index) => {
        const bytes = Buffer.from(`xx${index},${round};xx`);
        open.add(index, descriptorOf(server), bytes.subarray(2, -2));
      });
      expect(open.submit()).toBe(true);
      expect([...open.results.subarray(0, 20)]).toEqual(opened.map((_, index) => `${index},${round};`.length));
    }
    for (const [index, stream] of streams.entries()) {
      const all = Array.from({ length: rounds }, (_, round) => `${index},${round};`).join('');
      await expect.poll(() => stream.bytes().toString()).toBe(all);
    }
  });

  it('tells how much of it the system took, and why nothing', async () => {
    const [full, gone, good] = [await connections.open(), await connections.open(), await connections.open()];
    const much = Buffer.alloc(20_000_000, 7);
    open.add(0, descriptorOf(full.server), much);
    expect(open.submit()).toBe(true);
    expect(open.results[0]).toBeGreaterThan(0);
    expect(open.results[0]).toBeLessThan(much.length);
    gone.server.on('error', () => undefined);
    gone.client.resetAndDestroy();
    await once(gone.client, 'close');
    const stream = received(good.client);
    open.add(0, descriptorOf(full.server), much);
    open.add(1, descriptorOf(gone.server), Buffer.from('nobody'));
    open.add(2, descriptorOf(good.server), Buffer.from('somebody'));
    open.add(3, 1_000_000, Buffer.from('no descriptor'));
    expect(open.submit()).toBe(true);
    // EAGAIN, ECONNRESET or EPIPE, EBADF.
    expect(open.results[0]).toBe(-11);
    expect([-104, -32]).toContain(open.results[1]);
    expect([...open.results.subarray(2, 4)]).toEqual([8, -9]);
    await expect.poll(() => stream.bytes().toString()).toBe('somebody');
  });
});

describe.skipIf(ring === null)('Sends', () => {
  /** A sender that notes what is left to it. */
  function sender(): Sender & { readonly left: number[] } {
    const left: number[] = [];
    return { left, tookOnly: (taken, bytes) => left.push(bytes.length - taken) };
  }

  it('go out before the event loop turns, all together', async () => {
    const sendBatch = new SendBatch(ring);
    const [one, two] = [await connections.open(), await connections.open()];
    const streams = [received(one.client), received(two.client)];
    const bytes = Buffer.from('a frame');
    const senders = [one, two].map(({ server }) => {
      const each = sender();
      sendBatch.add(descriptorOf(server), each, bytes);
      return each;
    });
    await Promise.resolve();
    for (const stream of streams) await expect.poll(() => stream.bytes().toString()).toBe('a frame');
    expect(senders.map(({ left }) => left)).toEqual([[], []]);
  });

  it('leave to a sender what the system does not take', async () => {
    const sendBatch = new SendBatch(ring);
    const { server } = await connections.open();
    const bytes = Buffer.alloc(20_000_000);
    const [full, next] = [sender(), sender()];
    sendBatch.add(descriptorOf(server), full, bytes);
    sendBatch.settle(descriptorOf(server));
    expect(full.left[0]).toBeGreaterThan(0);
    expect(full.left[0]).toBeLessThan(bytes.length);
    sendBatch.add(descriptorOf(server), next, bytes);
    sendBatch.flush();
    expect([full.left.length, next.left]).toEqual([1, [bytes.length]]);
  });

  it('take more senders than one call does, and descriptors of any number', async () => {
    const sendBatch = new SendBatch(ring);
    const many = Array.from({ length: (ring?.capacity ?? 0) + 10 }, () => connections.open());
    const opened = await Promise.all(many);
    const streams = opened.map(({ client }) => received(client));
    const nowhere = sender();
    sendBatch.add(1_000_000, nowhere, Buffer.from('nowhere'));
    opened.forEach(({ server }, index) => sendBatch.add(descriptorOf(server), sender(), Buffer.from(String(index))));
    for (const [index, stream] of streams.entries()) {
      await expect.poll(() => stream.bytes().toString()).toBe(String(index));
    }
    expect(nowhere.left).toEqual([7]);
  });
});

describe('outlets whose bytes go out together', () => {
  const onLeft = (): void => undefined;

  it('keep the order of two that share a connection, also where the system takes only a part of the first', async () => {
    const { server, client } = await connections.open();
    const [one, two] = [new Outlet(server, onLeft), new Outlet(server, onLeft)];
    const [first, second] = [Buffer.alloc(20_000_000, 1), Buffer.alloc(1_000, 2)];
    one.write(first);
    two.write(second);
    const stream = received(client);
    await expect.poll(() => stream.bytes().length, { timeout: 10_000 }).toBe(first.length + second.length);
    expect(stream.bytes().equals(Buffer.concat([first, second]))).toBe(true);
  });

  it('reach no other owner of the descriptor when the connection ends at once', async () => {
    const { server } = await connections.open();
    const outlet = new Outlet(server, onLeft);
    server.on('error', () => undefined);
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'heir');
    const descriptor = descriptorOf(server);
    outlet.write(Buffer.from('a frame'));
    server.destroy();
    const heirs: number[] = [];
    while (heirs.at(-1) !== descriptor && heirs.length < 50) heirs.push(openSync(path, 'a'));
    await Promise.resolve();
    for (const heir of heirs) closeSync(heir);
    expect(heirs).toContain(descriptor);
    expect(readFileSync(path, 'utf8')).toBe('');
  });

  it('are left to the socket as far as the system did not take them', async () => {
    const { server } = await connections.open();
    let left = 0;
    const outlet = new Outlet(server, () => (left += 1));
    const bytes = Buffer.alloc(20_000_000);
    expect(outlet.write(bytes)).toBe(hasRing);
    await Promise.resolve();
    expect(left).toBe(hasRing ? 1 : 0);
    expect(server.writableLength).toBeGreaterThan(0);
    expect(server.writableLength).toBeLessThan(bytes.length);
  });
});
