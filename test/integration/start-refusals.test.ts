// What keeps Porthole from starting is told in one sentence with the true cause, and nothing on the disk has changed.
import { execFile } from 'node:child_process';
import { chmod, chown, copyFile, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../src/store/database.ts';
import { loadSecret } from '../../src/store/data-folder.ts';
import { program } from '../support/program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const nobody = 65_534;

interface End {
  readonly code: number | string | null | undefined;
  readonly output: string;
}

/** Starts the server and waits for its end. */
function start(data: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}, uid?: number): Promise<End> {
  const own = { PATH: process.env.PATH, HOME: process.env.HOME, ...env };
  const options = { env: own, timeout: 60_000, ...(uid === undefined ? {} : { uid, gid: uid }) };
  const command = ['--disable-warning=ExperimentalWarning', program('main'), '--port', '0', '--data', data, ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, command, options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, output: stdout + stderr }),
    );
  });
}

/** Every file with its content. */
async function contents(folder: string): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    // SQLite's journal, the reserve and the lock have no content of their own, nor has the cache of compiled code.
    if (entry.isFile() && !/-shm$|-wal$|\/(reserve|lock)$|\/cache\//.test(path))
      files.set(
        path,
        createHash('sha256')
          .update(await readFile(path))
          .digest('hex'),
      );
  }
  return files;
}

/** The one line that says why, without what stands before it. */
function reason({ output }: End): string {
  const lines = output.trim().split('\n');
  expect(lines, 'one line').toHaveLength(1);
  expect(lines[0]).toMatch(/^Porthole could not start: /);
  return (lines[0] ?? '').slice('Porthole could not start: '.length);
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let whole: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  whole = join(folder.path, 'whole');
  const database = await Database.open({ dataFolder: whole });
  await loadSecret(whole);
  await database.close();
});

afterAll(() => folder[Symbol.asyncDispose]());

/** A copy of a good data folder. */
async function copy(name: string): Promise<string> {
  const data = join(folder.path, name);
  await mkdir(data, { mode: 0o700 });
  for (const file of ['porthole.db', 'secret']) await copyFile(join(whole, file), join(data, file));
  return data;
}

describe.concurrent('the start ends with a sentence', () => {
  const spoil: Readonly<Record<string, readonly [spoil: (data: string) => unknown, said: RegExp]>> = {
    'a file that is no database': [
      (data) => writeFile(join(data, 'porthole.db'), 'Dear diary. '.repeat(1000)),
      /porthole\.db is not an SQLite database\. Restore a backup/,
    ],
    'a truncated database': [(data) => truncate(join(data, 'porthole.db'), 3 * 4096), /porthole\.db is damaged\./],
    'a database of a newer version': [
      (data) => {
        const database = new DatabaseSync(join(data, 'porthole.db'));
        database.exec(`insert into kysely_migration values ('999-holograms', '2031-01-01')`);
        database.close();
      },
      /comes from a newer Porthole, which added “999-holograms”\. Install that version again/,
    ],
    'a folder in the place of the database': [
      async (data) => {
        await rm(join(data, 'porthole.db'));
        await mkdir(join(data, 'porthole.db'));
      },
      /porthole\.db is a folder/,
    ],
    'an empty secret': [(data) => writeFile(join(data, 'secret'), '\n'), /secret is empty.*Delete it/],
    'a short secret': [(data) => writeFile(join(data, 'secret'), 'abc'), /secret has 3 characters.*at least 32/],
    'a folder in the place of the secret': [
      async (data) => {
        await rm(join(data, 'secret'));
        await mkdir(join(data, 'secret'));
      },
      /secret is a folder/,
    ],
  };

  it.each(Object.entries(spoil))('for %s', async (what, [damage, said]) => {
    const data = await copy(what.replaceAll(' ', '-'));
    await damage(data);
    const before = await contents(data);
    const end = await start(data);
    expect([end.code, reason(end)]).toEqual([1, expect.stringMatching(said)]);
    expect(await contents(data)).toEqual(before);
  });

  it('for a database that another program has locked', async () => {
    const data = await copy('locked');
    const other = new DatabaseSync(join(data, 'porthole.db'));
    other.exec('pragma locking_mode = exclusive; begin exclusive; update settings set value = 1');
    const end = await start(data);
    other.close();
    expect([end.code, reason(end)]).toEqual([1, expect.stringMatching(/^Another program has locked .*porthole\.db\./)]);
  });

  it.skipIf(process.getuid?.() !== 0)('for files that its user may not read', async () => {
    await chmod(folder.path, 0o755);
    for (const [file, said] of [
      ['porthole.db', /user may not read and write .*porthole\.db/],
      ['secret', /secret is Porthole's secret, and its user may not read it/],
    ] as const) {
      const data = await copy(`forbidden-${file}`);
      for (const each of [data, join(data, 'porthole.db'), join(data, 'secret')]) await chown(each, nobody, nobody);
      await chown(join(data, file), 0, 0);
      await chmod(join(data, file), 0o600);
      const end = await start(data, [], {}, nobody);
      expect([end.code, reason(end)]).toEqual([1, expect.stringMatching(said)]);
      expect((await stat(join(data, file))).uid).toBe(0);
    }
  });
});

describe.concurrent('the start on Postgres ends with a sentence', () => {
  const servers: { server: Server; sockets: Set<Socket> }[] = [];

  /** A TCP server that does something with each connection. */
  async function fake(onConnection: (socket: Socket) => void): Promise<number> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      onConnection(socket);
    });
    servers.push({ server, sockets });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
    return (server.address() as AddressInfo).port;
  }

  /** Answers the first message with an error of Postgres. */
  function refusing(code: string): (socket: Socket) => void {
    return (socket) =>
      socket.once('data', () => {
        const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0Mthe server's own words\0\0`);
        const head = Buffer.from('E\0\0\0\0');
        head.writeInt32BE(fields.length + 4, 1);
        socket.end(Buffer.concat([head, fields]));
      });
  }

  afterAll(() => {
    for (const { server, sockets } of servers) {
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  });

  const cases: Readonly<Record<string, readonly [listen: ((socket: Socket) => void) | null, said: RegExp]>> = {
    'that refuses connections': [null, /^Nothing answers at 127\.0\.0\.1:\d+\. Start Postgres/],
    'that rejects the password': [refusing('28P01'), /rejects the name or password of “ada”/],
    'without the database': [refusing('3D000'), /has no database “cams”\. Create it/],
    'that is starting': [refusing('57P03'), /is starting or stopping/],
    'without connections left': [refusing('53300'), /has no connections left/],
    'that does not let the user in': [refusing('28000'), /does not let “ada” in/],
    'that never answers': [() => {}, /does not answer\. It may be stopped, overloaded or behind a firewall/],
    'that closes connections': [(socket) => socket.destroy(), /closes the connection\. Check that it is Postgres/],
    'that speaks another language': [
      (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
      /closes the connection\. Check that it is Postgres|cannot be used/,
    ],
  };

  it.each(Object.entries(cases))('%s', async (what, [listen, said]) => {
    const data = join(folder.path, `postgres-${what.replaceAll(' ', '-')}`);
    const port = await fake(listen ?? (() => {}));
    if (listen === null) await new Promise((resolve) => servers.pop()?.server.close(resolve));
    const end = await start(data, [], { PORTHOLE_DATABASE_URL: `postgres://ada:hush-hush@127.0.0.1:${port}/cams` });
    expect([end.code, reason(end)]).toEqual([1, expect.stringMatching(said)]);
    expect(end.output).not.toContain('hush-hush');
    expect(await contents(data)).toEqual(new Map());
  });

  it('for a host that does not exist, and an address that is none', async () => {
    const data = join(folder.path, 'postgres-names');
    const unknown = await start(data, ['--database-url', 'postgres://nowhere.invalid/cams']);
    expect([unknown.code, reason(unknown)]).toEqual([
      1,
      expect.stringMatching(/^The host nowhere\.invalid .* is unknown/),
    ]);
    const wrong = await start(data, ['--database-url', 'postgres://[half/cams']);
    expect(wrong.code).not.toBe(0);
    expect(wrong.output).toMatch(/postgres:\/\/user:password@/);
  });
});
