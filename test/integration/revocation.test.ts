// Two seconds after a sign-out or a revocation, nothing opened under it still runs.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionInfo, TokenInfo, User } from '../../src/domain/users/user.ts';
import type { Client } from '../support/client.ts';
import { LivePage } from '../support/live-page.ts';
import { type MultipartReader, openMultipart } from '../support/multipart-reader.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** The promised limit, in milliseconds. */
const limit = 2_000;
const password = 'a long enough password';
const source = 'test:?width=320&height=240&fps=10';

let server: TestServer;
let admin: Client;
let data: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  data = await temporaryFolder();
  server = await startServer({
    data: data.path,
    args: ['--camera', `front=${source}`, '--camera', `back=${source}`],
  });
  admin = await server.signIn();
});
afterAll(async () => {
  await server.stop();
  await data[Symbol.asyncDispose]();
});

let count = 0;
async function addUser(fields: object = {}): Promise<User> {
  count += 1;
  const response = await admin.send('POST', '/api/users', {
    username: `user${count}`,
    password,
    role: 'operator',
    ...fields,
  });
  expect(response.status, await response.clone().text()).toBe(201);
  return (await response.json()) as User;
}

/** Everything that can be open under one sign-in: a stream, the page's feed and the page's WebSocket, all running. */
class Open {
  readonly #streams: readonly MultipartReader[];
  readonly #page: LivePage;
  #reading: readonly Promise<void>[] = [];

  private constructor(streams: readonly MultipartReader[], page: LivePage) {
    this.#streams = streams;
    this.#page = page;
  }

  static async under(headers: Readonly<Record<string, string>>, paths: readonly string[]): Promise<Open> {
    const streams = await Promise.all(paths.map((path) => openMultipart(server.url + path, { headers })));
    const page = await LivePage.open(server.url, headers);
    page.watch('front');
    await Promise.all(streams.map((stream) => stream.take(2)));
    await expect.poll(() => page.pictures, { timeout: 10_000 }).toBeGreaterThan(1);
    const open = new Open(streams, page);
    open.#reading = streams.map((stream) => stream.untilEnded());
    return open;
  }

  /** Everything open under a user's session in a browser. */
  static async bySession(client: Client): Promise<Open> {
    await client.submit('/stream/start', { camera: 'front' });
    return Open.under({ cookie: client.cookie }, ['/cameras/front/stream.mjpeg', '/video_feed?camera=front']);
  }

  /** Everything open under a token. */
  static async byToken(token: string): Promise<Open> {
    return Open.under({ authorization: `Bearer ${token}` }, ['/cameras/front/stream.mjpeg', '/stream']);
  }

  get running(): readonly string[] {
    const streams = this.#streams.flatMap((stream, index) => (stream.ended ? [] : [`stream ${index}`]));
    return this.#page.closeCode === null ? [...streams, 'socket'] : streams;
  }

  /**
   * Checks that everything ends within the limit, counted from now.
   *
   * @param type what the page is told, and with which code
   */
  async ends(type: 'signed-out' | 'access-changed' = 'signed-out'): Promise<void> {
    await expect.poll(() => this.running, { timeout: limit, interval: 20 }).toEqual([]);
    await Promise.all(this.#reading);
    expect(this.#page.messages.at(-1)).toEqual({ type });
    expect(this.#page.closeCode).toBe(type === 'signed-out' ? 4401 : 4403);
  }

  [Symbol.dispose](): void {
    for (const stream of this.#streams) stream.close();
    this.#page[Symbol.dispose]();
  }
}

describe('within two seconds, streams and sockets end', () => {
  it('of a session that signs out, and of no other one', async () => {
    const user = await addUser();
    const [leaving, staying] = [
      await server.signIn(user.username, password),
      await server.signIn(user.username, password),
    ];
    using open = await Open.bySession(leaving);
    using other = await Open.bySession(staying);
    expect((await leaving.submit('/logout')).status).toBe(303);
    await open.ends();
    expect(other.running).toHaveLength(3);
  });

  it('of a session that is revoked from another one', async () => {
    const user = await addUser();
    const lost = await server.signIn(user.username, password);
    using open = await Open.bySession(lost);
    const here = await server.signIn(user.username, password);
    const sessions = await here.json<SessionInfo[]>('/api/sessions');
    const other = sessions.find(({ current }) => !current);
    expect((await here.send('DELETE', `/api/sessions/${other?.id}`)).status).toBe(204);
    await open.ends();
    expect((await lost.request('/cameras/front/snapshot.jpg')).status).toBe(401);
  });

  it('of a token that is revoked', async () => {
    const user = await addUser();
    const token = await server.token({ user: user.username, name: 'to be revoked' });
    const kept = await server.token({ user: user.username, name: 'kept' });
    using open = await Open.byToken(token);
    using other = await Open.byToken(kept);
    const tokens = await admin.json<TokenInfo[]>('/api/tokens');
    const info = tokens.find(({ name, username }) => name === 'to be revoked' && username === user.username);
    expect((await admin.send('DELETE', `/api/tokens/${info?.id}`)).status).toBe(204);
    await open.ends();
    expect(other.running).toHaveLength(3);
  });

  it('of a token that expires', async () => {
    const user = await addUser();
    const name = 'expires';
    const limits = ['--scope', 'watch', '--cameras', 'front', '--expires', '1h'];
    const { stdout } = await server.cli('tokens', 'create', '--user', user.username, '--name', name, ...limits);
    const headers = { authorization: `Bearer ${stdout.trim()}` };
    const back = await fetch(`${server.url}/cameras/back/snapshot.jpg`, { headers });
    expect(back.status).toBe(404);
    using open = await Open.byToken(stdout.trim());
    const database = new DatabaseSync(join(data.path, 'porthole.db'), { timeout: 5_000 });
    database.prepare('update tokens set "expiresAt" = ? where name = ?').run(Date.now(), name);
    database.close();
    await open.ends();
    expect((await fetch(`${server.url}/cameras/front/snapshot.jpg`, { headers })).status).toBe(401);
  });

  it('of a token that another process with the same data folder revokes', async () => {
    const user = await addUser();
    const token = await server.token({ user: user.username, name: 'revoked elsewhere' });
    using open = await Open.byToken(token);
    const { stdout } = await server.cli('tokens', 'list', '--json');
    const info = (JSON.parse(stdout) as TokenInfo[]).find(({ name }) => name === 'revoked elsewhere');
    await server.cli('tokens', 'revoke', info?.id ?? '');
    await open.ends();
  });

  it('of every session when the command line gives its user a new password', async () => {
    const user = await addUser();
    using open = await Open.bySession(await server.signIn(user.username, password));
    const { stdout } = await server.cli('users', 'reset-password', user.username, '--generate');
    await open.ends();
    await server.signIn(user.username, stdout.trim());
  });

  it('of the other sessions when a user changes their password', async () => {
    const user = await addUser();
    const here = await server.signIn(user.username, password);
    using open = await Open.bySession(await server.signIn(user.username, password));
    using own = await Open.bySession(here);
    const next = 'another long password';
    const changed = await here.send('POST', '/api/me/password', { current: password, next });
    expect(changed.status, await changed.clone().text()).toBeLessThan(300);
    await open.ends();
    expect(own.running).toHaveLength(3);
  });

  it.each([
    ['role changes', { role: 'viewer' }],
    ['cameras change', { cameras: ['back'] }],
  ])('of a user whose %s', async (_, change) => {
    const user = await addUser();
    const token = await server.token({ user: user.username });
    using session = await Open.bySession(await server.signIn(user.username, password));
    using program = await Open.byToken(token);
    expect((await admin.send('PATCH', `/api/users/${user.id}`, change)).status).toBe(200);
    await Promise.all([session.ends('access-changed'), program.ends('access-changed')]);
  });

  it('of a user that is removed, also those with a name and password in each request', async () => {
    const user = await addUser();
    const token = await server.token({ user: user.username });
    using session = await Open.bySession(await server.signIn(user.username, password));
    using program = await Open.byToken(token);
    const authorization = `Basic ${Buffer.from(`${user.username}:${password}`).toString('base64')}`;
    using basic = await Open.under({ authorization }, ['/stream']);
    expect((await admin.send('DELETE', `/api/users/${user.id}`)).status).toBe(204);
    await Promise.all([session.ends(), program.ends(), basic.ends()]);
    expect((await fetch(`${server.url}/snapshot`, { headers: { authorization } })).status).toBe(401);
  });
});

describe("a Session's Stop", () => {
  it("ends its own page's feed and no other viewer's video", async () => {
    const user = await addUser();
    const [mine, other] = [await server.signIn(user.username, password), await server.signIn(user.username, password)];
    await Promise.all([mine, other].map((each) => each.submit('/stream/start', { camera: 'front' })));
    const feed = (client: Client): Promise<MultipartReader> =>
      openMultipart(`${server.url}/video_feed?camera=front`, { headers: { cookie: client.cookie } });
    using myFeed = await feed(mine);
    using otherFeed = await feed(other);
    await Promise.all([myFeed.take(2), otherFeed.take(2)]);
    await mine.submit('/stream/stop', { camera: 'front' });
    await myFeed.untilEnded();
    await otherFeed.take(15);
    expect(await (await mine.request('/video_feed?camera=front')).text()).toBe('Streaming is stopped.');
  });
});
