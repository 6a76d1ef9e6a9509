import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { loadSecret, prepareDataFolder } from './data-folder.ts';
import { Database } from './database.ts';
import { SettingsRepository } from './settings-repository.ts';
import { openTestDatabase } from './test-databases.ts';

async function mode(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

describe('the data folder', () => {
  it('is made for its owner alone, as is every file in it', async () => {
    await using test = await openTestDatabase();
    await new SettingsRepository(test.database).set('a', 1);
    await loadSecret(test.dataFolder);
    expect(await mode(test.dataFolder)).toBe('700');
    const files = await readdir(test.dataFolder);
    expect(files).toContain('porthole.db-wal');
    for (const file of files) expect([file, await mode(join(test.dataFolder, file))]).toEqual([file, '600']);
  });

  it('that was open to others is closed, with the database and the secret in it', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'porthole-test-'));
    const folder = join(parent, 'data');
    await mkdir(folder, { mode: 0o755 });
    await writeFile(join(folder, 'porthole.db'), '', { mode: 0o644 });
    await writeFile(join(folder, 'secret'), 'x'.repeat(44), { mode: 0o644 });
    await using database = await Database.open({ dataFolder: folder });
    expect(database.kind).toBe('sqlite');
    expect(await mode(folder)).toBe('700');
    expect(await mode(join(folder, 'porthole.db'))).toBe('600');
    await loadSecret(folder);
    expect(await mode(join(folder, 'secret'))).toBe('600');
    await rm(parent, { recursive: true });
  });

  it('in the place of a file is refused in words', async () => {
    await expect(prepareDataFolder('/dev/null/data')).rejects.toMatchObject({ code: 'storage_failed' });
    await expect(Database.open({ dataFolder: '/dev/null/data' })).rejects.toMatchObject({ code: 'storage_failed' });
  });

  it('has one secret of 32 bytes, for every caller and however often', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'porthole-test-'));
    const secrets = await Promise.all(Array.from({ length: 8 }, () => loadSecret(parent)));
    expect(new Set(secrets).size).toBe(1);
    expect(Buffer.from(secrets[0] ?? '', 'base64')).toHaveLength(32);
    expect(await loadSecret(parent)).toBe(secrets[0]);
    expect(await readdir(parent)).toEqual(['secret']);
    await rm(parent, { recursive: true });
  });
});

describe('the SQLite database', () => {
  it('waits for nobody while others read, checks references, and survives being opened twice at once', async () => {
    await using test = await openTestDatabase();
    const pragma = async (name: string) =>
      Object.values((await sql`pragma ${sql.raw(name)}`.execute(test.database.kysely)).rows[0] as object)[0] as unknown;
    expect(await pragma('journal_mode')).toBe('wal');
    expect(await pragma('foreign_keys')).toBe(1);
    const others = await Promise.all([test.reopen(), test.reopen(), test.reopen()]);
    const settings = [test.database, ...others].map((database) => new SettingsRepository(database));
    await Promise.all(settings.map((repository, index) => repository.set(`key ${index}`, index)));
    expect(await settings[0]?.get('key 3', (value) => value)).toBe(3);
  });

  it('lets a transaction be whole, though other queries come in between', async () => {
    await using test = await openTestDatabase();
    const { kysely } = test.database;
    const settings = new SettingsRepository(test.database);
    const failing = kysely.transaction().execute(async (transaction) => {
      await transaction.insertInto('settings').values({ key: 'half', value: '1' }).execute();
      await new Promise((resolve) => setTimeout(resolve, 20));
      throw new Error('no');
    });
    const meanwhile = settings.set('other', 2);
    await expect(failing).rejects.toThrow('no');
    await meanwhile;
    expect(await settings.get('half', (value) => value)).toBeUndefined();
    expect(await settings.get('other', (value) => value)).toBe(2);
  });

  it('says why a transaction failed that SQLite itself has undone', async () => {
    await using test = await openTestDatabase();
    const { kysely } = test.database;
    const failing = kysely.transaction().execute(async (transaction) => {
      await transaction.insertInto('settings').values({ key: 'half', value: '1' }).execute();
      await sql`insert or rollback into settings values ('half', '2')`.execute(transaction);
    });
    await expect(failing).rejects.toThrow(/UNIQUE/);
    expect(await new SettingsRepository(test.database).get('half', (value) => value)).toBeUndefined();
  });

  it('that another program has locked blocks nothing else, and works again when that is over', async () => {
    await using test = await openTestDatabase();
    const settings = new SettingsRepository(test.database);
    await settings.set('before', 1);
    const other = new DatabaseSync(join(test.dataFolder, 'porthole.db'));
    other.exec('begin immediate');
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 5);
    const waiting = settings.set('a', 2);
    setTimeout(() => other.exec('commit'), 500);
    await waiting;
    other.exec('begin immediate');
    const refused = { code: 'database_unavailable', message: expect.stringContaining('Another program') as string };
    await expect(settings.set('a', 3)).rejects.toMatchObject(refused);
    const began = performance.now();
    for (let count = 0; count < 5; count += 1) await expect(settings.set('a', 3)).rejects.toMatchObject(refused);
    // Five times the wait would be 15 s.
    expect(performance.now() - began).toBeLessThan(5000);
    expect(await settings.get('a', (value) => value)).toBe(2);
    clearInterval(timer);
    expect(longest, 'the longest time that nothing else ran').toBeLessThan(1500);
    other.close();
    await settings.set('a', 4);
    expect(await settings.get('a', (value) => value)).toBe(4);
  });

  it('that another program broke is reported in words', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'porthole-test-'));
    await writeFile(join(parent, 'porthole.db'), 'this is no database, however long it may be. '.repeat(200));
    await expect(Database.open({ dataFolder: parent })).rejects.toMatchObject({ code: 'storage_failed' });
    expect((await readFile(join(parent, 'porthole.db'), 'utf8')).startsWith('this is')).toBe(true);
    await rm(parent, { recursive: true });
  });

  it('from a newer Porthole is left alone', async () => {
    await using test = await openTestDatabase();
    await sql`insert into kysely_migration values ('999-later', '2030-01-01')`.execute(test.database.kysely);
    await expect(test.reopen()).rejects.toMatchObject({ code: 'storage_failed' });
  });

  it('that is full says so', async () => {
    await using test = await openTestDatabase();
    await sql`pragma max_page_count = 1`.execute(test.database.kysely);
    const settings = new SettingsRepository(test.database);
    await expect(settings.set('big', 'x'.repeat(1_000_000))).rejects.toMatchObject({ code: 'disk_full' });
  });

  it('notices that its folder was taken away or replaced', async () => {
    await using test = await openTestDatabase();
    await test.database.ensurePresent();
    await rename(test.dataFolder, `${test.dataFolder}-away`);
    await expect(test.database.ensurePresent()).rejects.toMatchObject({ code: 'storage_failed' });
    await using other = await Database.open({ dataFolder: test.dataFolder });
    await other.ensurePresent();
    await expect(test.database.ensurePresent()).rejects.toMatchObject({ code: 'storage_failed' });
  });

  it('closes twice without harm', async () => {
    await using test = await openTestDatabase();
    await test.database.close();
    await test.database.close();
  });
});

it('a Postgres server that does not answer, or an invalid address, is reported in words', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'porthole-test-'));
  await expect(Database.open({ dataFolder: parent, url: 'postgres://127.0.0.1:1/none' })).rejects.toMatchObject({
    code: 'storage_failed',
  });
  await expect(Database.open({ dataFolder: parent, url: 'mysql://x/y' })).rejects.toMatchObject({
    code: 'invalid_input',
  });
  await rm(parent, { recursive: true });
});
