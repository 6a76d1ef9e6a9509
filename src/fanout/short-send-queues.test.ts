import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { descriptorOf } from './node-internals.ts';
import { keepSendQueuesShort } from './short-send-queues.ts';

const opened: { destroy(): unknown }[] = [];
afterEach(() => {
  for (const each of opened.splice(0)) each.destroy();
});

/** How much the system takes for a client that reads nothing, in bytes. */
async function takenFor(server = createServer({ pauseOnConnect: true })): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
  const [connection] = (await once(server, 'connection')) as [Socket];
  opened.push(client, connection, { destroy: () => server.close() });
  const picture = Buffer.alloc(50_000);
  let taken = 0;
  try {
    for (;;) taken += writeSync(descriptorOf(connection), picture);
  } catch (error) {
    expect(error).toMatchObject({ code: 'EAGAIN' });
  }
  return taken;
}

describe.skipIf(process.platform !== 'linux')('keepSendQueuesShort', () => {
  it('leaves a few pictures in the system for a client that reads nothing, where there were seconds of them', async () => {
    const short = createServer({ pauseOnConnect: true });
    keepSendQueuesShort(short);
    // What is on its way is in both, and what the client's system takes for it.
    expect(await takenFor(short)).toBeLessThan((await takenFor()) / 4);
  });
});
