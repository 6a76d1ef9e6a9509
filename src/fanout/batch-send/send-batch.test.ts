import { afterEach, describe, expect, it } from 'vitest';
import { received, SocketPairs } from '../../../test/support/socket-pairs.ts';
import { descriptorOf } from '../node-internals.ts';
import { type Recipient, SendBatch } from './send-batch.ts';

const pairs = new SocketPairs();
afterEach(() => pairs.close());

/** A recipient that notes what is left to it. */
function recipient(descriptor: number): Recipient & { readonly left: number[] } {
  const left: number[] = [];
  return { descriptor, left, tookOnly: (taken, bytes) => left.push(bytes.length - Math.max(0, taken)) };
}

describe.each([true, false])('SendBatch, with batches: %s', (batchSend) => {
  it('sends before the event loop turns, to all of them', async () => {
    const batch = SendBatch.open({ batchSend });
    const [one, two] = [await pairs.open(), await pairs.open()];
    const streams = [received(one.client), received(two.client)];
    const recipients = [one, two].map(({ server }) => recipient(descriptorOf(server)));
    for (const each of recipients) batch.add(each, Buffer.from('a frame'));
    await Promise.resolve();
    for (const stream of streams) await expect.poll(() => stream.bytes().toString()).toBe('a frame');
    expect(recipients.map(({ left }) => left)).toEqual([[], []]);
    batch.close();
  });

  it('tells a recipient what the kernel does not take', async () => {
    const batch = SendBatch.open({ batchSend });
    const { server } = await pairs.open();
    const bytes = Buffer.alloc(20_000_000);
    const [full, next] = [recipient(descriptorOf(server)), recipient(descriptorOf(server))];
    batch.add(full, bytes);
    batch.flush();
    expect(full.left[0]).toBeGreaterThan(0);
    expect(full.left[0]).toBeLessThan(bytes.length);
    // The kernel may make some more room at first.
    while (next.left.at(-1) !== bytes.length) {
      batch.add(next, bytes);
      batch.flush();
    }
    expect(full.left).toHaveLength(1);
    batch.close();
  });

  it('takes more recipients than one call does, and descriptors of any number', async () => {
    const batch = SendBatch.open({ batchSend });
    const opened = await Promise.all(Array.from({ length: 300 }, () => pairs.open()));
    const streams = opened.map(({ client }) => received(client));
    const nowhere = recipient(1_000_000);
    batch.add(nowhere, Buffer.from('nowhere'));
    opened.forEach(({ server }, index) => batch.add(recipient(descriptorOf(server)), Buffer.from(String(index))));
    for (const [index, stream] of streams.entries()) {
      await expect.poll(() => stream.bytes().toString()).toBe(String(index));
    }
    expect(nowhere.left).toEqual([7]);
    batch.close();
  });

  it('lets a recipient add bytes again while it is told', async () => {
    const batch = SendBatch.open({ batchSend });
    const { server, client } = await pairs.open();
    const stream = received(client);
    const again: Recipient = {
      descriptor: 1_000_000,
      tookOnly: (_taken, bytes) => batch.add(recipient(descriptorOf(server)), bytes),
    };
    batch.add(again, Buffer.from('again'));
    batch.flush();
    await expect.poll(() => stream.bytes().toString()).toBe('again');
    batch.close();
  });
});
