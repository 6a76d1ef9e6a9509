import { once } from 'node:events';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { received, type SocketPair, SocketPairs } from '../../test/support/socket-pairs.ts';
import { monotonicNow } from '../domain/clock.ts';
import type { Frame } from '../domain/media/frame.ts';
import { sourceRendition } from '../domain/media/rendition.ts';
import { Broadcast } from './broadcast.ts';
import { Connections } from './connections.ts';
import { FrameWriter } from './frame-writer.ts';
import { PerFrame } from './per-frame.ts';

const pairs = new SocketPairs();
afterEach(() => pairs.close());

/** A frame whose every byte is its sequence. */
function frame(sequence: number, length = 1_000_000): Frame {
  const bytes = Buffer.alloc(length, sequence);
  return { bytes, sequence, capturedAt: monotonicNow(), keyframe: true, width: 2, height: 2 };
}

describe.each([
  ['with batches', true],
  ['without batches', false],
])('FrameWriter, %s', (_name, batchSend) => {
  const connections = Connections.open({ batchSend });
  const writerFor = (socket: Socket, bytesOf = ({ bytes }: Frame): Buffer => bytes): FrameWriter =>
    new FrameWriter(connections.of(socket), new PerFrame(bytesOf));

  it('gives a viewer whose socket is full the newest frame when it drains, and counts the others', async () => {
    const { server, client } = await pairs.open();
    const writer = writerFor(server);
    // More than the kernel's buffers of a connection take, so that the socket is full before the last.
    for (let sequence = 1; sequence <= 40; sequence += 1) {
      writer.write(frame(sequence));
      await turnOfTheLoop();
    }
    expect(server.writableLength).toBeLessThanOrEqual(1_000_000);
    const stream = received(client);
    const settled = async (): Promise<void> => {
      for (let before = -1; before !== stream.bytes().length || server.writableLength > 0;) {
        before = stream.bytes().length;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    await settled();
    const bytes = stream.bytes();
    expect(bytes.length % 1_000_000).toBe(0);
    expect(bytes.at(-1)).toBe(40);
    expect(writer.sent).toBe(bytes.length / 1_000_000);
    expect(writer.dropped).toBe(40 - writer.sent);
    expect(writer.dropped).toBeGreaterThan(0);
  });

  it('sends every frame to a viewer that keeps up', async () => {
    const { server, client } = await pairs.open();
    const writer = writerFor(server, ({ bytes }) => bytes.subarray(0, 10));
    const stream = received(client);
    for (let sequence = 1; sequence <= 20; sequence += 1) {
      writer.write(frame(sequence));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await expect.poll(() => stream.bytes().length).toBe(200);
    expect(writer).toMatchObject({ sent: 20, dropped: 0 });
  });

  it('does not pile up first frames on a connection that is full', async () => {
    const { server } = await pairs.open();
    const connection = connections.of(server);
    for (let sequence = 1; sequence <= 40; sequence += 1) {
      const writer = new FrameWriter(connection, new PerFrame(({ bytes }) => bytes));
      writer.write(frame(sequence));
      writer.close();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(server.writableLength).toBeLessThanOrEqual(2_000_000);
  });

  it('sends the first frame together with what the socket holds, such as the head of a response', async () => {
    const { server, client } = await pairs.open();
    const stream = received(client);
    server.cork();
    server.write('head;');
    writerFor(server, () => Buffer.from('frame;')).write(frame(1));
    server.uncork();
    await expect.poll(() => stream.bytes().toString()).toBe('head;frame;');
  });

  it('writes nothing after it is closed', async () => {
    const { server, client } = await pairs.open();
    const writer = writerFor(server);
    writer.close();
    writer.write(frame(1));
    server.end('the end');
    expect(await text(client)).toBe('the end');
  });

  it('shares a connection with another one: each frame is whole, and neither waits for ever', async () => {
    const { server, client } = await pairs.open();
    const writers = [writerFor(server), writerFor(server)];
    const stream = received(client);
    const length = 2_000_000;
    for (let sequence = 1; sequence <= 100; sequence += 1) {
      for (const [at, writer] of writers.entries()) writer.write(frame(sequence + at * 100, length));
      await turnOfTheLoop();
    }
    const total = (): number => writers.reduce((sum, { sent }) => sum + sent * length, 0);
    await expect.poll(() => stream.bytes().length === total() && server.writableLength === 0, { timeout: 10_000 }).toBe(true); // prettier-ignore
    const sequences: number[] = [];
    const bytes = stream.bytes();
    for (let at = 0; at < bytes.length; at += length) {
      sequences.push(bytes[at] as number);
      expect([bytes[at + length / 2], bytes[at + length - 1]]).toEqual([bytes[at], bytes[at]]);
    }
    // Each view's newest has arrived, in the order of each.
    const [one, other] = [sequences.filter((each) => each <= 100), sequences.filter((each) => each > 100)];
    expect([one.at(-1), other.at(-1)]).toEqual([100, 200]);
    expect([one, other]).toEqual([one.toSorted((a, b) => a - b), other.toSorted((a, b) => a - b)]);
  });

  describe('with others that watch a Broadcast', () => {
    async function broadcastTo(count: number): Promise<{
      broadcast: Broadcast;
      ends: readonly SocketPair[];
      writers: readonly FrameWriter[];
    }> {
      const broadcast = new Broadcast(1, sourceRendition);
      const ends = await Promise.all(Array.from({ length: count }, () => pairs.open()));
      const writers = ends.map(({ server }) => writerFor(server));
      for (const writer of writers) broadcast.subscribe({ offer: (each) => writer.write(each) });
      return { broadcast, ends, writers };
    }

    it('sends every frame once, past the sockets, and counts it', async () => {
      const { broadcast, ends, writers } = await broadcastTo(5);
      const streams = ends.map(({ client }) => received(client));
      for (let sequence = 1; sequence <= 10; sequence += 1) {
        broadcast.publish(frame(sequence, 1_000));
        await turnOfTheLoop();
      }
      const all = Buffer.concat(Array.from({ length: 10 }, (_, at) => Buffer.alloc(1_000, at + 1)));
      for (const stream of streams) await expect.poll(() => stream.bytes().equals(all)).toBe(true);
      expect(ends.map(({ server }) => server.bytesWritten)).toEqual([0, 0, 0, 0, 0]);
      expect(writers.map(({ sent, dropped }) => [sent, dropped])).toEqual(writers.map(() => [10, 0]));
    });

    it('sends each frame whole and in order, if two come in one turn and only a part of the first is taken', async () => {
      const { broadcast, ends, writers } = await broadcastTo(2);
      broadcast.publish(frame(1, 1_000));
      await turnOfTheLoop();
      broadcast.publish(frame(2, 20_000_000));
      broadcast.publish(frame(3, 1_000));
      broadcast.publish(frame(4, 1_000));
      const streams = ends.map(({ client }) => received(client));
      for (const stream of streams) {
        await expect.poll(() => stream.bytes().length, { timeout: 10_000 }).toBe(20_002_000);
        expect([stream.bytes().at(999), stream.bytes().at(1_000), stream.bytes().at(-1_001)]).toEqual([1, 2, 2]);
        expect(stream.bytes().subarray(-1_000)).toEqual(Buffer.alloc(1_000, 4));
      }
      expect(writers.map(({ sent, dropped }) => [sent, dropped])).toEqual([
        [3, 1],
        [3, 1],
      ]);
    });

    it('gives nothing to the next connection with the descriptor of one that is gone', async () => {
      const { broadcast, ends } = await broadcastTo(1);
      const [gone] = ends.map(({ server }) => connections.of(server));
      broadcast.publish(frame(1, 1_000));
      await turnOfTheLoop();
      const descriptor = gone?.descriptor as number;
      gone?.socket.destroy();
      await once(gone?.socket as Socket, 'close');
      const [heir, other] = await pairs.openWith(descriptor);
      expect(connections.of(heir).descriptor).toBe(descriptor);
      const writer = writerFor(heir, () => Buffer.from('mine'));
      writer.write(frame(1));
      await turnOfTheLoop();
      // The viewer that is gone was not removed yet.
      broadcast.publish(frame(2, 1_000));
      await turnOfTheLoop();
      writer.write(frame(2));
      const stream = received(other);
      await expect.poll(() => stream.bytes().toString()).toBe('minemine');
    });
  });
});
