import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FrameReader } from '../../channel/frames.ts';

/** A process that sends frames of these lengths into its pipe, as a capture process does. */
const program = `
  const [socket, frames, blocks, ...lengths] = process.argv.slice(1);
  const { FrameSocket } = await import(socket);
  const { FrameHeader } = await import(frames);
  const net = await import('node:net');
  // Opening a descriptor as a stream makes it non-blocking.
  if (blocks === 'false') new net.Socket({ fd: 4 }).pause();
  const pipe = new FrameSocket(4);
  const header = new FrameHeader();
  const waited = [];
  let error;
  try {
    for (const [index, length] of lengths.map(Number).entries()) {
      const bytes = Buffer.alloc(length, index + 1);
      const frame = { bytes, sequence: index, capturedAt: 1.5, keyframe: true, width: 4, height: 2 };
      waited.push(pipe.send(header.of(9, frame), bytes));
    }
  } catch ({ code }) {
    error = code;
  }
  process.send({ waited, error }, () => process.exit());`;

interface Told {
  /** The return value of `send` for each frame. */
  readonly waited: readonly boolean[];
  /** The code of the error that ended the process. */
  readonly error?: string;
}

/** Starts the process. @returns this side of the pipe, not yet being read, and the result of the process */
function sender(lengths: readonly number[], blocks: boolean): { readonly pipe: Socket; readonly told: Promise<Told> } {
  const modules = ['frame-socket.ts', '../../channel/frames.ts'].map((path) => new URL(path, import.meta.url).href);
  const args = ['--input-type=module', '-e', program, '--', ...modules, String(blocks), ...lengths.map(String)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc', 'pipe'] });
  const told = once(child, 'message').then(([message]) => message as Told);
  return { pipe: child.stdio[4] as Socket, told };
}

describe.each([{ blocks: true }, { blocks: false }])(
  'FrameSocket with a pipe whose blocking is $blocks',
  ({ blocks }) => {
    it('sends each frame whole, and reports when it had to wait for the reader', async () => {
      const lengths = [20_000, 4_000_000, 1, 30_000];
      const { pipe, told } = sender(lengths, blocks);
      // The first frame fits into the pipe before it is read, the second one does not.
      await delay(1_000);
      const got: { readonly id: number; readonly sequence: number; readonly right: boolean }[] = [];
      const reader = new FrameReader((id, { sequence, bytes }) => {
        got.push({ id, sequence, right: bytes.equals(Buffer.alloc(lengths[sequence] as number, sequence + 1)) });
      });
      pipe.on('data', (bytes: Buffer) => reader.push(bytes));
      const { waited, error } = await told;
      expect(error).toBeUndefined();
      expect(waited.slice(0, 2)).toEqual([false, true]);
      await expect.poll(() => got.length).toBe(4);
      expect(got).toEqual(lengths.map((_, sequence) => ({ id: 9, sequence, right: true })));
    });

    it('throws when the server is gone', async () => {
      const { pipe, told } = sender([100], blocks);
      pipe.destroy();
      await expect(told).resolves.toEqual({ waited: [], error: 'EPIPE' });
    });

    it('throws when the server goes away while it waits', async () => {
      const { pipe, told } = sender([4_000_000], blocks);
      await once(pipe, 'readable');
      pipe.destroy();
      const { waited, error } = await told;
      expect(waited).toEqual([]);
      // ECONNRESET if some data was not read.
      expect(['EPIPE', 'ECONNRESET']).toContain(error);
    });
  },
);
