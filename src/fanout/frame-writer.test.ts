import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { Connections, received } from '../../test/support/connections.ts';
import { monotonicNow } from '../domain/clock.ts';
import type { Frame } from '../domain/frame.ts';
import { FrameWire } from './frame-wire.ts';
import { FrameWriter } from './frame-writer.ts';

const connections = new Connections();
afterEach(() => connections.close());

/** A frame of 1 MB whose every byte is its sequence. */
function frame(sequence: number): Frame {
  const bytes = Buffer.alloc(1_000_000, sequence);
  return { bytes, sequence, capturedAt: monotonicNow(), keyframe: true, width: 2, height: 2 };
}

describe('FrameWriter', () => {
  it('gives a viewer whose socket is full the newest frame when it drains, and counts the others', async () => {
    const { server, client } = await connections.open();
    const writer = new FrameWriter(server, new FrameWire(({ bytes }) => bytes));
    // More than the system's buffers of a connection take, so that the socket is full before the last.
    for (let sequence = 1; sequence <= 40; sequence += 1) {
      writer.write(frame(sequence));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(server.writableLength).toBeLessThanOrEqual(1_000_000);
    const received: Buffer[] = [];
    client.on('data', (chunk: Buffer) => received.push(chunk));
    client.resume();
    const settled = async (): Promise<void> => {
      for (let before = -1; before !== server.bytesWritten || server.writableLength > 0;) {
        before = server.bytesWritten;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    await settled();
    const bytes = Buffer.concat(received);
    expect(bytes.length % 1_000_000).toBe(0);
    expect(bytes.at(-1)).toBe(40);
    expect(writer.sent).toBe(bytes.length / 1_000_000);
    expect(writer.dropped).toBe(40 - writer.sent);
    expect(writer.dropped).toBeGreaterThan(0);
  });

  it('sends every frame to a viewer that keeps up', async () => {
    const { server, client } = await connections.open();
    const writer = new FrameWriter(server, new FrameWire(({ bytes }) => bytes.subarray(0, 10)));
    const stream = received(client);
    for (let sequence = 1; sequence <= 20; sequence += 1) {
      writer.write(frame(sequence));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await expect.poll(() => stream.bytes().length).toBe(200);
    expect(writer).toMatchObject({ sent: 20, dropped: 0 });
  });

  it('calls a connection dead that takes nothing for 30 s, but not one that waits for a frame', async () => {
    const { server } = await connections.open();
    const writer = new FrameWriter(server, new FrameWire(({ bytes }) => bytes));
    const now = monotonicNow();
    expect(writer.isTaking(now)).toBe(true);
    const later = now + 3_600_000;
    expect(writer.isTaking(later)).toBe(true);
    for (let sequence = 1; sequence <= 30; sequence += 1) {
      writer.write(frame(sequence));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(server.writableLength).toBeGreaterThan(0);
    expect(writer.isTaking(later + 1_000)).toBe(true);
    expect(writer.isTaking(later + 29_000)).toBe(true);
    expect(writer.isTaking(later + 31_000)).toBe(false);
  });

  it('writes nothing after it is closed', async () => {
    const { server, client } = await connections.open();
    const writer = new FrameWriter(server, new FrameWire(({ bytes }) => bytes));
    writer.close();
    writer.write(frame(1));
    server.end('the end');
    expect(await text(client)).toBe('the end');
  });
});
