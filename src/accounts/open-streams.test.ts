import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { cheapHash } from '../../test/support/cheap-hash.ts';
import { openTestDatabase } from '../store/test-databases.ts';
import { Accounts } from './accounts.ts';
import { OpenStreams } from './open-streams.ts';

const log = pino({ level: 'silent' });
const home = { ip: '192.0.2.1', userAgent: null };
const password = 'correct horse';

it('a server of another protocol ends its connections when their grants are revoked, and when it closes', async () => {
  await using test = await openTestDatabase();
  const secret = 'a secret for tests that is long enough';
  const options = {
    database: test.database,
    log,
    secret,
    secureCookies: false,
    setupCode: 'code',
    passwordHash: cheapHash,
  };
  const accounts = await Accounts.open({ ...options, access: 'private' });
  await accounts.setUp({ code: 'code', username: 'ada', password }, home);
  const made = [];
  for (const name of ['one', 'two']) made.push(await accounts.tokens.create({ username: 'ada', name }));
  const streams = new OpenStreams(accounts, log);

  // A client sends its token, and gets a stream: no HTTP anywhere.
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (data: Buffer) => {
      void accounts.authenticate({ authorization: `Bearer ${data.toString()}` }, undefined, home).then((principal) => {
        if (principal === null) return socket.destroy();
        const release = streams.add({ grant: principal.grant, end: (reason) => socket.end(reason) });
        socket.once('close', release);
        return socket.write('streaming ');
      });
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const clients: Socket[] = [];
  const watch = async (token: string): Promise<() => string> => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    clients.push(socket);
    let heard = '';
    socket.on('data', (data: Buffer) => (heard += data.toString()));
    socket.write(token);
    await Promise.race([once(socket, 'data'), once(socket, 'close')]);
    return () => heard;
  };
  const [first, second] = [await watch(made[0]?.token ?? ''), await watch(made[1]?.token ?? '')];
  expect([first(), second(), (await watch('nonsense'))()]).toEqual(['streaming ', 'streaming ', '']);
  expect(streams.size).toBe(2);

  const ada = await accounts.authenticate({ authorization: `Bearer ${made[1]?.token}` }, undefined, home);
  if (ada === null) throw new TypeError('not signed in');
  await accounts.tokens.revoke(ada, made[0]?.info.id ?? '');
  await expect.poll(first).toBe('streaming revoked');
  await expect.poll(() => [second(), streams.size]).toEqual(['streaming ', 1]);
  streams.close();
  await expect.poll(second).toBe('streaming closing');
  for (const client of clients) client.destroy();
  server.close();
  await accounts.close();
});
