import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { readPipe } from './pipe-reader.ts';

/** A program that writes this many bytes to its descriptor 3: 0, 1, 2 and so on, each the low byte of its index. */
const counting = (length: number): string =>
  `const { Socket } = require('net'); const out = new Socket({ fd: 3, readable: false });
   out.end(Buffer.from(Uint8Array.from({ length: ${length} }, (_, at) => at)));`;

it('passes on everything that a child writes to its pipe, in order', async () => {
  const length = 1_000_003; // several times the size of one read
  const child = spawn(process.execPath, ['-e', counting(length)], { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] });
  const closed = once(child, 'close');
  let received = 0;
  let wrong = 0;
  const memories = new Set<ArrayBufferLike>();
  readPipe(child.stdio[3] as Readable, (bytes) => {
    memories.add(bytes.buffer);
    for (const byte of bytes) {
      if (byte !== (received & 0xff)) wrong += 1;
      received += 1;
    }
  });
  await closed;
  await expect.poll(() => received).toBe(length);
  expect(wrong).toBe(0);
  expect(memories.size).toBe(1);
});

it('reads a stream that has no handle', async () => {
  const stream = new PassThrough();
  const chunks: Buffer[] = [];
  readPipe(stream, (bytes) => chunks.push(Buffer.from(bytes)));
  stream.end('some bytes');
  await once(stream, 'end');
  expect(Buffer.concat(chunks).toString()).toBe('some bytes');
});
