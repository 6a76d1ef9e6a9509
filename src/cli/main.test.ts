import { spawn } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Accounts } from '../accounts/accounts.ts';
import { CameraRepository } from '../cameras/camera-repository.ts';
import { loadSecret } from '../store/data-folder.ts';
import { openTestDatabase, type TestDatabase } from '../store/test-databases.ts';
import { program } from '../../test/support/program.ts';
import { readCommand } from './command.ts';

const password = 'correct horse';
const home = { ip: '192.0.2.1', userAgent: null };

/** Runs the real program with this standard input. */
async function run(args: readonly string[], input = '', environment: Record<string, string> = {}) {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program('cli/main'), ...args], {
    env: { PATH, ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }), ...environment },
  });
  // A command that is refused ends before it reads anything.
  child.stdin.on('error', () => undefined).end(input);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { out, err, code: await ended };
}

/** The accounts as a running server has them. */
async function openAccounts({ database, dataFolder }: TestDatabase, adminPassword?: string): Promise<Accounts> {
  const secret = await loadSecret(dataFolder);
  const log = pino({ level: 'silent' });
  return Accounts.open({ database, log, secret, secureCookies: false, access: 'private', adminPassword });
}

describe('the command line', () => {
  it('shows its help, and rejects invalid commands without creating files', async () => {
    await using test = await openTestDatabase();
    const nowhere = join(test.dataFolder, 'nowhere');
    for (const args of [[], ['--help'], ['users', 'add', '-h']]) {
      expect(await run(args)).toMatchObject({
        code: 0,
        err: '',
        out: expect.stringContaining('tokens create') as string,
      });
    }
    for (const args of [
      ['users'],
      ['users', 'drop'],
      ['users', 'list', 'all'],
      ['users', 'list', '--role', 'admin'],
      ['users', 'add'],
      ['users', 'add', 'eve', '--role', 'root', '--data', nowhere],
      ['tokens', 'create', '--user', 'eve', '--data', nowhere],
      ['tokens', 'create', '--user', 'eve', '--name', 'x', '--scope', 'root', '--data', nowhere],
      ['tokens', 'create', '--user', 'eve', '--name', 'x', '--expires', 'soon', '--data', nowhere],
      ['tokens', 'revoke', '--data', nowhere],
      ['--nonsense'],
    ]) {
      expect([args, (await run(args)).code]).toEqual([args, 2]);
    }
    const missing = await run(['users', 'list', '--data', nowhere]);
    expect(missing).toMatchObject({ code: 1, out: '', err: expect.stringContaining(nowhere) as string });
    expect(await readdir(test.dataFolder)).not.toContain('nowhere');
  });

  it('reads the limits of a token', () => {
    const create = (...more: string[]) => readCommand(['tokens', 'create', '--user', 'eve', '--name', 'x', ...more]);
    expect(create()).toMatchObject({ scope: 'full', cameras: null, lifetime: null });
    expect(create('--scope', 'watch', '--cameras', 'front, back', '--expires', '30d')).toMatchObject({
      scope: 'watch',
      cameras: ['front', 'back'],
      lifetime: 30 * 86_400_000,
    });
  });

  it('takes a token id that begins with a hyphen for no option', () => {
    for (const id of ['-bcdefghijklmnop', '--cdefghijklmnop']) {
      expect(readCommand(['tokens', 'revoke', id, '--data', 'd'])).toMatchObject({
        kind: 'tokens revoke',
        id,
        data: 'd',
      });
    }
  });

  it('makes the first user an admin, in a data folder that only its owner can read', async () => {
    await using test = await openTestDatabase();
    const data = join(test.dataFolder, 'new');
    expect((await run(['users', 'add', 'Ada', '--data', data], 'short\n')).err).toMatch(/at least 8 characters/);
    expect(await run(['users', 'add', 'Ada', '--data', data], `${password}\n`)).toMatchObject({ code: 0, out: '' });
    expect((await run(['users', 'add', 'ADA', '--data', data], password)).code).toBe(1);
    // The data folder can be set in the environment, as for the server.
    const made = await run(['users', 'add', 'bob', '--cameras', 'front', '--generate'], '', { PORTHOLE_DATA: data });
    expect(made.out).toMatch(/^([a-z2-9]{5}-){3}[a-z2-9]{5}\n$/);
    const users = JSON.parse((await run(['users', 'list', '--json', '--data', data])).out) as unknown;
    expect(users).toMatchObject([
      { username: 'Ada', role: 'admin', cameras: null },
      { username: 'bob', role: 'viewer', cameras: ['front'] },
    ]);
    for (const name of await readdir(data)) expect((await stat(join(data, name))).mode & 0o77).toBe(0);
  });

  it('prints only the token, which a running server accepts at once', async () => {
    await using test = await openTestDatabase();
    const { dataFolder: data } = test;
    const server = await openAccounts(test);
    expect((await run(['users', 'add', 'ada', '--data', data], password)).code).toBe(0);
    expect(await server.needsSetup()).toBe(false);
    const created = await run(['tokens', 'create', '--user', 'ada', '--name', 'script', '--data', data]);
    expect(created).toMatchObject({ code: 0, err: '' });
    expect(created.out).toMatch(/^porthole_[A-Za-z0-9_-]{43}\n$/);
    const headers = { authorization: `Bearer ${created.out.trim()}` };
    expect((await server.authenticate(headers, undefined, home))?.role).toBe('admin');
    const unknown = await run(['tokens', 'create', '--user', 'eve', '--name', 'x', '--data', data]);
    expect(unknown).toMatchObject({ code: 1, out: '' });
    await server.close();
  });

  it('lists tokens without their secrets, and revokes one, which ends on a running server', async () => {
    await using test = await openTestDatabase();
    const { dataFolder: data } = test;
    const server = await openAccounts(test, password);
    await server.users.add({ username: 'Bob', password, role: 'viewer', cameras: null });
    const mine = await server.tokens.create({ username: 'admin', name: 'printer' });
    const other = await server.tokens.create({ username: 'bob', name: 'wall display' });
    const headers = { authorization: `Bearer ${other.token}` };
    const principal = await server.authenticate(headers, undefined, home);

    // As an earlier version took it.
    const named = test.database.kysely.updateTable('tokens').set({ name: 'wall\u001b[2J display' });
    await named.where('id', '=', other.info.id).execute();
    const listed = await run(['tokens', 'list', '--data', data]);
    expect(listed).toMatchObject({ code: 0, err: '' });
    expect(listed.out).toMatch(
      new RegExp(`^  ${mine.info.id} +admin +printer +since \\S+ +never used +full access as admin$`, 'm'),
    );
    expect(listed.out).toMatch(
      new RegExp(
        `^  ${other.info.id} +Bob +wall\\?\\[2J display +since \\S+ +last used \\S+ +full access as viewer$`,
        'm',
      ),
    );
    const asJson = await run(['tokens', 'list', '--user', 'bob', '--json', '--data', data]);
    expect(JSON.parse(asJson.out)).toMatchObject([{ id: other.info.id, username: 'Bob' }]);
    for (const { token } of [mine, other]) expect(listed.out + asJson.out).not.toContain(token.slice(9));

    const unknown = await run(['tokens', 'revoke', 'none', '--data', data]);
    expect(unknown).toMatchObject({ code: 1, out: '', err: expect.stringContaining('"tokens list" shows') as string });
    expect((await run(['tokens', 'list', '--user', 'eve', '--data', data])).code).toBe(1);
    const revoked = await run(['tokens', 'revoke', other.info.id, '--data', data]);
    expect(revoked).toEqual({ code: 0, out: '', err: 'Revoked the token "wall?[2J display" of Bob.\n' });
    expect(await server.authenticate(headers, undefined, home)).toBeNull();
    expect(await server.recheck(new Set([principal?.grant ?? '']))).toEqual(new Set([principal?.grant]));
    expect((await run(['tokens', 'revoke', other.info.id, '--data', data])).code).toBe(1);
    await server.close();
  }, 60_000);

  it('sets a new password, and a running server ends the sessions of the old one', async () => {
    await using test = await openTestDatabase();
    const { dataFolder: data } = test;
    const server = await openAccounts(test, password);
    const signedIn = await server.signIn({ username: 'admin', password }, home);
    const cookie = signedIn.setCookies[0]?.split(';')[0];
    const principal = await server.authenticate({ cookie }, undefined, home);
    const reset = await run(['users', 'reset-password', 'ADMIN', '--data', data], 'another password\n');
    expect(reset).toMatchObject({ code: 0, out: '' });
    expect(await server.recheck(new Set([principal?.grant ?? '']))).toEqual(new Set([principal?.grant]));
    expect(await server.authenticate({ cookie }, undefined, home)).toBeNull();
    await server.signIn({ username: 'admin', password: 'another password' }, home);
    expect((await run(['users', 'reset-password', 'eve', '--data', data], password)).code).toBe(1);
    await server.close();
  });

  it('lists cameras without their passwords, and shows the format of a source', async () => {
    await using test = await openTestDatabase();
    const { dataFolder: data } = test;
    const cameras = new CameraRepository(test.database);
    const gate = { id: 'gate', name: 'Gate', source: 'rtsp://me:secret@192.0.2.9/a', enabled: false, position: 0 };
    await cameras.insert(gate);
    await cameras.insert({
      id: 'pattern',
      name: 'Pattern',
      source: 'test:?width=320&height=240',
      enabled: true,
      position: 1,
    });
    const listed = await run(['cameras', 'list', '--data', data]);
    expect(listed).toMatchObject({
      code: 0,
      out: expect.stringMatching(/gate +Gate +rtsp:\/\/192\.0\.2\.9\/… +switched off/) as string,
    });
    expect(listed.out).not.toContain('secret');
    expect((await run(['cameras', 'probe', 'pattern', '--data', data])).out).toMatch(/^320 × 240 pixels/);
    expect(await run(['cameras', 'probe', '/dev/video77', '--data', data])).toMatchObject({ code: 1, out: '' });
    const failed = await run(['cameras', 'probe', 'nonsense', '--json', '--data', data]);
    expect([failed.code, JSON.parse(failed.out)]).toMatchObject([
      1,
      { ok: false, problem: { code: 'source_invalid' } },
    ]);
  }, 60_000);
});
