import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createHash } from 'node:crypto';
import { WebSocket } from 'ws';
import { describe, expect, it } from 'vitest';
import { monotonicNow } from '../../domain/clock.ts';
import { LiveFrameEncoders } from './live-frames.ts';

describe('live frames', () => {
  it.each([10, 200, 70_000])('are whole WebSocket messages that another library reads (%i bytes)', async (length) => {
    const bytes = Buffer.alloc(length, 7);
    const frame = { bytes, sequence: 42, capturedAt: monotonicNow(), keyframe: true, width: 640, height: 360 };
    const message = new LiveFrameEncoders().jpeg(9).of(frame);
    const server = createServer((socket) => {
      socket.once('data', (request: Buffer) => {
        const key = /sec-websocket-key: (.+)\r/i.exec(request.toString())?.[1] ?? '';
        const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
        );
        socket.write(message);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const [data, isBinary] = (await once(client, 'message')) as [Buffer, boolean];
    client.terminate();
    server.close();
    expect(isBinary).toBe(true);
    expect([...data.subarray(0, 4)]).toEqual([1, 1, 1, 0]);
    expect([data.readUInt32LE(4), data.readUInt32LE(8)]).toEqual([9, 42]);
    expect([data.readUInt16LE(12), data.readUInt16LE(14)]).toEqual([640, 360]);
    expect(Math.abs(data.readDoubleLE(16) - Date.now())).toBeLessThan(60_000);
    expect(data.subarray(32)).toEqual(bytes);
  });

  it('are made once for all viewers of a Broadcast', () => {
    const frame = { bytes: Buffer.alloc(9), sequence: 1, capturedAt: 0, keyframe: true, width: 2, height: 2 };
    const encoders = new LiveFrameEncoders();
    expect(encoders.jpeg(1).of(frame)).toBe(encoders.jpeg(1).of(frame));
    expect(encoders.jpeg(2).of(frame)).not.toEqual(encoders.jpeg(1).of(frame));
  });
});
