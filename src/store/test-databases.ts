import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { Database } from './database.ts';
import type { DatabaseKind } from './migrations.ts';

/** A database for one test, and what it may want to look at. */
export interface TestDatabase extends AsyncDisposable {
  readonly database: Database;
  readonly dataFolder: string;
  /** Another connection to the same database, as another process has it. */
  reopen(): Promise<Database>;
}

/** An engine to run repository tests on. */
export interface TestEngine {
  readonly kind: DatabaseKind;
  readonly url?: string;
}

/**
 * The engines that repository tests run on: SQLite, and Postgres where there is one.
 *
 * @param postgres what PORTHOLE_TEST_POSTGRES says
 */
export function testEngines(postgres: string | undefined): readonly TestEngine[] {
  return postgres ? [{ kind: 'sqlite' }, { kind: 'postgres', url: postgres }] : [{ kind: 'sqlite' }];
}

/** A new, empty database in a temporary folder, or for Postgres in a new schema. Disposing of it removes everything. */
export async function openTestDatabase(engine: TestEngine = { kind: 'sqlite' }): Promise<TestDatabase> {
  const parent = await mkdtemp(join(tmpdir(), 'porthole-test-'));
  const dataFolder = join(parent, 'data');
  const schema = `test_${randomBytes(6).toString('hex')}`;
  const url = engine.url === undefined ? undefined : await makeSchema(engine.url, schema);
  const database = await Database.open({ dataFolder, url });
  const opened = [database];
  return {
    database,
    dataFolder,
    async reopen() {
      const again = await Database.open({ dataFolder, url });
      opened.push(again);
      return again;
    },
    async [Symbol.asyncDispose]() {
      if (engine.kind === 'postgres') {
        await sql`drop schema ${sql.id(schema)} cascade`.execute(database.kysely);
      }
      for (const one of opened) await one.close();
      await rm(parent, { recursive: true, force: true });
    },
  };
}

async function makeSchema(address: string, schema: string): Promise<string> {
  const url = new URL(address);
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query(`create schema "${schema}"`);
  await client.end();
  url.searchParams.set('options', `-c search_path=${schema}`);
  return url.href;
}
