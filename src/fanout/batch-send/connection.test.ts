import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { Connections, received } from '../../../test/support/connections.ts';
import { descriptorOf } from '../../../test/support/descriptor.ts';
import { isClear, Line } from './connection.ts';

const connections = new Connections();
afterEach(() => connections.close());

/** A line that is clear, and what it asked to be sent. */
async function clearLine(): Promise<{ line: Line; settled: number[] } & Awaited<ReturnType<Connections['open']>>> {
  const ends = await connections.open();
  const settled: number[] = [];
  const line = Line.of(ends.server, (descriptor) => settled.push(descriptor));
  expect(line.mayTake).toBe(true);
  expect(isClear(line.descriptor, line.number)).toBe(true);
  return { line, settled, ...ends };
}

describe('Line', () => {
  it('is one for all who write to a socket', async () => {
    const { line, server } = await clearLine();
    expect(Line.of(server, () => undefined)).toBe(line);
    expect(line.descriptor).toBe(descriptorOf(server));
  });

  it.each([
    ['writes', 'write', ['text']],
    ['says farewell', 'end', ['text']],
    ['ends the connection', 'destroy', []],
  ] as const)('is clear no more when somebody %s, once what is on its way was sent', async (_what, method, args) => {
    const { line, settled, server } = await clearLine();
    (server[method] as (...given: readonly unknown[]) => unknown)(...args);
    expect(isClear(line.descriptor, line.number)).toBe(false);
    expect(settled).toEqual([line.descriptor]);
  });

  it('is clear again when the system has taken what somebody wrote', async () => {
    const { line, server, client } = await clearLine();
    const stream = received(client);
    server.cork();
    server.write('text');
    expect(line.mayTake).toBe(false);
    server.uncork();
    await expect.poll(() => stream.bytes().toString()).toBe('text');
    expect(line.mayTake).toBe(true);
  });

  it('is not clear while somebody waits for its socket to be empty', async () => {
    const { line } = await clearLine();
    line.hold();
    expect([line.mayTake, isClear(line.descriptor, line.number)]).toEqual([false, false]);
    line.release();
    expect(line.mayTake).toBe(true);
  });

  it('is never clear for the next connection with its descriptor', async () => {
    const { line, server } = await clearLine();
    server.destroy();
    await once(server, 'close');
    const [heir] = await connections.openWith(line.descriptor);
    const next = Line.of(heir, () => undefined);
    expect([next.descriptor, next.mayTake]).toEqual([line.descriptor, true]);
    expect([isClear(line.descriptor, line.number), line.mayTake]).toEqual([false, false]);
  });

  it('knows more descriptors than it has room for at first', () => {
    const handle = { fd: 5_000 };
    const socket = { _handle: handle, writableLength: 0, write() {}, end() {}, destroy() {} };
    const line = Line.of(socket as never, () => undefined);
    expect(line.mayTake).toBe(true);
    expect(isClear(5_000, line.number)).toBe(true);
  });
});
