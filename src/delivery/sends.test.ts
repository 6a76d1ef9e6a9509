import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Connections, received } from '../../test/support/connections.ts';
import { descriptorOf } from '../../test/support/descriptor.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { Outlet } from './outlet.ts';
import { SendRing } from './send-ring.ts';
import { Sends, type Sender } from './sends.ts';

const ring = SendRing.open();
if (ring === null) process.stderr.write('Skipped: sends in one call; this system has or allows no io_uring(7).\n');

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
  function sender(descriptor: number, mayTake = true): Sender & { readonly left: number[] } {
    const left: number[] = [];
    return { descriptor, mayTake, left, tookOnly: (taken, bytes) => left.push(bytes.length - taken) };
  }

  it('go out before the event loop turns, all together', async () => {
    const sends = new Sends(ring);
    const [one, two] = [await connections.open(), await connections.open()];
    const streams = [received(one.client), received(two.client)];
    const bytes = Buffer.from('a frame');
    const senders = [one, two].map(({ server }) => sender(descriptorOf(server)));
    for (const each of senders) sends.add(each, bytes);
    await Promise.resolve();
    for (const stream of streams) await expect.poll(() => stream.bytes().toString()).toBe('a frame');
    expect(senders.map(({ left }) => left)).toEqual([[], []]);
  });

  it('leave to a sender what the system does not take, and all of what it may not be given', async () => {
    const sends = new Sends(ring);
    const [one, two] = [await connections.open(), await connections.open()];
    const bytes = Buffer.alloc(20_000_000);
    const [full, other] = [sender(descriptorOf(one.server)), sender(descriptorOf(two.server), false)];
    sends.add(full, bytes);
    sends.add(other, bytes);
    sends.flush();
    expect(full.left[0]).toBeGreaterThan(0);
    expect(full.left[0]).toBeLessThan(bytes.length);
    expect(other.left).toEqual([bytes.length]);
  });

  it('take more senders than one call does', async () => {
    const sends = new Sends(ring);
    const many = Array.from({ length: (ring?.capacity ?? 0) + 10 }, () => connections.open());
    const opened = await Promise.all(many);
    const streams = opened.map(({ client }) => received(client));
    opened.forEach(({ server }, index) => sends.add(sender(descriptorOf(server)), Buffer.from(String(index))));
    for (const [index, stream] of streams.entries()) {
      await expect.poll(() => stream.bytes().toString()).toBe(String(index));
    }
  });
});

describe('outlets whose bytes go out together', () => {
  const onLeft = (): void => undefined;

  it('keep the order of two that share a connection, also where the system takes only a part of the first', async () => {
    const { server, client } = await connections.open();
    const [one, two] = [new Outlet(server, { onLeft }), new Outlet(server, { onLeft })];
    const [first, second] = [Buffer.alloc(20_000_000, 1), Buffer.alloc(1_000, 2)];
    one.write(first);
    two.write(second);
    const stream = received(client);
    await expect.poll(() => stream.bytes().length, { timeout: 10_000 }).toBe(first.length + second.length);
    expect(stream.bytes().equals(Buffer.concat([first, second]))).toBe(true);
    expect(one.taken + two.taken).toBeGreaterThan(0);
  });

  it.each([{ alone: true }, { alone: false }])(
    'reach no other owner of the descriptor when the connection ends at once, alone $alone',
    async (options) => {
      const { server } = await connections.open();
      const outlet = new Outlet(server, { ...options, onLeft });
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
    },
  );

  it('are counted as taken only as far as they were', async () => {
    const { server } = await connections.open();
    let left = 0;
    const outlet = new Outlet(server, { alone: true, onLeft: () => (left += 1) });
    const bytes = Buffer.alloc(20_000_000);
    outlet.write(bytes);
    await Promise.resolve();
    expect(left).toBeLessThanOrEqual(1);
    expect(outlet.taken).toBeGreaterThan(0);
    expect(outlet.taken).toBeLessThan(bytes.length);
    expect(server.writableLength).toBe(bytes.length - outlet.taken);
  });
});
