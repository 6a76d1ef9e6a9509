import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { received, SocketPairs } from '../../../test/support/socket-pairs.ts';
import { descriptorOf } from '../node-internals.ts';
import { type SendMany, sendEach } from './send-many.ts';
import { SendRing } from './send-ring.ts';

const ring = SendRing.open();
if (ring === null) process.stderr.write('Skipped: sends in one call; this kernel has or allows no io_uring(7).\n');
const paths: { path: string; sending: SendMany }[] = [{ path: 'one write(2) each', sending: sendEach }];
if (ring !== null) paths.push({ path: 'io_uring', sending: ring });

const pairs = new SocketPairs();
afterEach(() => pairs.close());

describe.each(paths)('many sends by $path', ({ sending }) => {
  function send(...sends: readonly (readonly [descriptor: number, bytes: Buffer])[]): number[] {
    const taken = new Int32Array(sends.length);
    const descriptors = Int32Array.from(sends, ([descriptor]) => descriptor);
    sending.send(sends.length, descriptors, sends.map(([, bytes]) => bytes), taken); // prettier-ignore
    return [...taken];
  }

  it('bring bytes from anywhere in memory to many connections, again and again', async () => {
    const opened = await Promise.all(Array.from({ length: 20 }, () => pairs.open()));
    const streams = opened.map(({ client }) => received(client));
    // More often than a ring has places.
    const rounds = Math.ceil((256 * 3) / opened.length);
    for (let round = 0; round < rounds; round += 1) {
      const taken = send(
        ...opened.map(({ server }, index) => {
          const bytes = Buffer.from(`xx${index},${round};xx`);
          return [descriptorOf(server), bytes.subarray(2, -2)] as const;
        }),
      );
      expect(taken).toEqual(opened.map((_, index) => `${index},${round};`.length));
    }
    for (const [index, stream] of streams.entries()) {
      const all = Array.from({ length: rounds }, (_, round) => `${index},${round};`).join('');
      await expect.poll(() => stream.bytes().toString()).toBe(all);
    }
  });

  it('tell how much the kernel took of each, and why nothing', async () => {
    const [full, gone, good] = [await pairs.open(), await pairs.open(), await pairs.open()];
    const much = Buffer.alloc(20_000_000, 7);
    const [first = 0] = send([descriptorOf(full.server), much]);
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(much.length);
    gone.server.on('error', () => undefined);
    gone.client.resetAndDestroy();
    await once(gone.client, 'close');
    const stream = received(good.client);
    const [ofFull, ofGone, ...rest] = send(
      [descriptorOf(full.server), much],
      [descriptorOf(gone.server), Buffer.from('nobody')],
      [descriptorOf(good.server), Buffer.from('somebody')],
      [1_000_000, Buffer.from('no descriptor')],
    );
    // EAGAIN, ECONNRESET or EPIPE, EBADF.
    expect(ofFull).toBe(-11);
    expect([-104, -32]).toContain(ofGone);
    expect(rest).toEqual([8, -9]);
    await expect.poll(() => stream.bytes().toString()).toBe('somebody');
  });
});

it.skipIf(ring === null)('a ring that is closed goes on with one write(2) each', async () => {
  const own = SendRing.open() as SendRing;
  own.close();
  own.close();
  const { server, client } = await pairs.open();
  const stream = received(client);
  const taken = new Int32Array(1);
  own.send(1, Int32Array.of(descriptorOf(server)), [Buffer.from('text')], taken);
  expect(taken[0]).toBe(4);
  await expect.poll(() => stream.bytes().toString()).toBe('text');
});
