import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Connections, received, type Connection } from '../../test/support/connections.ts';
import { monotonicNow } from '../domain/clock.ts';
import type { Frame } from '../domain/frame.ts';
import { sourceRendition } from '../domain/rendition.ts';
import { Broadcast } from './broadcast.ts';
import { FrameWire } from './frame-wire.ts';
import { FrameWriter } from './frame-writer.ts';

const connections = new Connections();
afterEach(() => connections.close());

/** A frame whose every byte is its sequence. */
function frame(sequence: number, length = 1_000): Frame {
  const bytes = Buffer.alloc(length, sequence);
  return { bytes, sequence, capturedAt: monotonicNow(), keyframe: true, width: 2, height: 2 };
}

/** A viewer as a Broadcast sees it. */
function viewerOf(socket: Socket, wire: FrameWire) {
  const writer = new FrameWriter(socket, wire);
  return { writer, offer: (each: Frame) => writer.write(each) };
}

async function broadcastTo(count: number): Promise<{
  broadcast: Broadcast;
  ends: readonly Connection[];
  viewers: readonly ReturnType<typeof viewerOf>[];
  made: { count: number };
}> {
  const made = { count: 0 };
  const wire = new FrameWire(({ bytes }) => {
    made.count += 1;
    return bytes;
  });
  const broadcast = new Broadcast(1, sourceRendition);
  const ends = await Promise.all(Array.from({ length: count }, () => connections.open()));
  const viewers = ends.map(({ server }) => viewerOf(server, wire));
  for (const viewer of viewers) broadcast.add(viewer);
  return { broadcast, ends, viewers, made };
}

describe('viewers in a row', () => {
  it('get every frame once, past their sockets, and it is counted', async () => {
    const { broadcast, ends, viewers } = await broadcastTo(5);
    const streams = ends.map(({ client }) => received(client));
    for (let sequence = 1; sequence <= 10; sequence += 1) {
      broadcast.publish(frame(sequence));
      await turnOfTheLoop();
    }
    const all = Buffer.concat(Array.from({ length: 10 }, (_, at) => Buffer.alloc(1_000, at + 1)));
    for (const stream of streams) await expect.poll(() => stream.bytes().equals(all)).toBe(true);
    expect(ends.map(({ server }) => server.bytesWritten)).toEqual([0, 0, 0, 0, 0]);
    broadcast.remove(viewers[0] as (typeof viewers)[number]);
    expect(viewers.map(({ writer: { sent, dropped } }) => [sent, dropped])).toEqual(viewers.map(() => [10, 0]));
  });

  it('are not asked one by one while their lines are clear', async () => {
    const { broadcast, made } = await broadcastTo(5);
    broadcast.publish(frame(1)); // The first one looks at each socket.
    await turnOfTheLoop();
    const before = made.count;
    broadcast.publish(frame(2));
    expect(made.count - before).toBe(1);
  });

  it('get each frame whole and in order, if two come in one turn and only a part of the first is taken', async () => {
    const { broadcast, ends, viewers } = await broadcastTo(2);
    broadcast.publish(frame(1));
    await turnOfTheLoop();
    broadcast.publish(frame(2, 20_000_000));
    broadcast.publish(frame(3));
    broadcast.publish(frame(4));
    const streams = ends.map(({ client }) => received(client));
    for (const stream of streams) {
      await expect.poll(() => stream.bytes().length, { timeout: 10_000 }).toBe(20_002_000);
      expect([stream.bytes().at(999), stream.bytes().at(1_000), stream.bytes().at(-1_001)]).toEqual([1, 2, 2]);
      expect(stream.bytes().subarray(-1_000)).toEqual(Buffer.alloc(1_000, 4));
    }
    broadcast.remove(viewers[0] as (typeof viewers)[number]);
    expect(viewers.map(({ writer: { sent, dropped } }) => [sent, dropped])).toEqual([
      [3, 1],
      [3, 1],
    ]);
  });

  it('give nothing to the next connection with the descriptor of one that is gone', async () => {
    const { broadcast, ends, viewers } = await broadcastTo(1);
    broadcast.publish(frame(1));
    await turnOfTheLoop();
    const descriptor = viewers[0]?.writer.outlet.line.descriptor as number;
    ends[0]?.server.destroy();
    await once(ends[0]?.server as Socket, 'close');
    const [heir, other] = await connections.openWith(descriptor);
    const writer = new FrameWriter(heir, new FrameWire(() => Buffer.from('mine')));
    expect(writer.outlet.line.descriptor).toBe(descriptor);
    writer.write(frame(1));
    await turnOfTheLoop();
    // Its viewer was not removed yet.
    broadcast.publish(frame(2));
    await turnOfTheLoop();
    writer.write(frame(2));
    const stream = received(other);
    await expect.poll(() => stream.bytes().toString()).toBe('minemine');
  });

  it('leave alone who is between them on another wire', async () => {
    const { broadcast, ends } = await broadcastTo(2);
    const { server, client } = await connections.open();
    broadcast.add(viewerOf(server, new FrameWire(({ sequence }) => Buffer.from(`${sequence};`))));
    const seen: number[] = [];
    broadcast.add({ offer: ({ sequence }) => seen.push(sequence) });
    const streams = [client, ...ends.map((each) => each.client)].map((each) => received(each));
    for (const sequence of [1, 2, 3]) {
      broadcast.publish(frame(sequence, 2));
      await turnOfTheLoop();
    }
    await expect.poll(() => streams[0]?.bytes().toString()).toBe('1;2;3;');
    for (const stream of streams.slice(1)) await expect.poll(() => [...stream.bytes()]).toEqual([1, 1, 2, 2, 3, 3]);
    expect(seen).toEqual([1, 2, 3]);
  });

  it('are counted too where somebody leaves in the moment that it has the frame', async () => {
    const { broadcast, viewers } = await broadcastTo(1);
    broadcast.publish(frame(1));
    await turnOfTheLoop();
    for (let sequence = 2; sequence <= 5; sequence += 1) {
      const guest = { offer: (each: Frame) => void (each.sequence === sequence && broadcast.remove(guest)) };
      broadcast.add(guest);
      broadcast.publish(frame(sequence));
      await turnOfTheLoop();
    }
    for (const viewer of viewers) broadcast.remove(viewer);
    expect(viewers.map(({ writer }) => writer.sent)).toEqual([5]);
  });
});
