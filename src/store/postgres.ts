import type pg from 'pg';
import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely';
import { PortholeError } from '../domain/errors.ts';
import { hasCode, isFull, storageError } from './errors.ts';
import { Outage } from './outage.ts';
import { isUnreachable, postgresProblem, refusedValue } from './postgres-problem.ts';
import type { Tables } from './tables.ts';

/** How long connecting may take, in milliseconds. */
const connectLimit = 5000;
/** How long Postgres works on a statement before it gives up, in milliseconds. */
const statementLimit = 5000;
/** How long Porthole waits for a statement: a Postgres that is frozen gives up nothing. */
const answerLimit = 6000;
/** The same while tables are brought up to date, which may copy a large one. */
const migrationLimit = 60_000;
/** How long closing waits for connections, in milliseconds. */
const closeLimit = 1000;

type Pool = pg.Pool;

/**
 * Opens a Postgres database.
 *
 * @param migrate brings the tables up to date, on a connection without time limits
 * @throws {PortholeError} `storage_failed` or `invalid_input`, with the cause
 */
export async function openPostgres(
  url: string,
  migrate: (kysely: Kysely<Tables>) => Promise<void>,
): Promise<Kysely<Tables>> {
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new PortholeError('invalid_input', {
      field: 'database',
      message:
        'A database address is written postgres://user:password@host/name. Leave it out for SQLite in the data folder.',
    });
  }
  const { default: postgres } = await import('pg');
  const migrating = kyselyOf(new GuardedPool(() => openPool(postgres, url, 1), url, migrationLimit));
  try {
    await migrate(migrating);
  } catch (error) {
    if (isFull(error)) throw storageError(error);
    const isOurs = error instanceof PortholeError && error.code !== 'database_unavailable';
    throw isOurs ? error : postgresProblem(error, url, 'storage_failed');
  } finally {
    await migrating.destroy();
  }
  const open = (): Pool => {
    const pool = openPool(postgres, url, 10);
    // Not an option of the connection, which poolers such as PgBouncer refuse.
    pool.on('connect', (client) => {
      client.query(`set statement_timeout to ${statementLimit}`).catch(() => {});
    });
    return pool;
  };
  return kyselyOf(new GuardedPool(open, url, answerLimit));
}

function kyselyOf(pool: PostgresPool): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}

function openPool(postgres: typeof pg, url: string, max: number): Pool {
  const getTypeParser = postgres.types.getTypeParser as (
    id: number,
    format?: 'text' | 'binary',
  ) => (text: string) => unknown;
  const bigint: number = postgres.types.builtins.INT8;
  const pool = new postgres.Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: connectLimit,
    keepAlive: true,
    // bigint as a number: milliseconds and byte counts stay far below 2^53.
    types: {
      getTypeParser: ((id: number, format) =>
        id === bigint ? Number : getTypeParser(id, format)) as typeof postgres.types.getTypeParser,
    },
  });
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => {});
  // Nor may one that breaks between two statements of its user, whose next statement fails.
  pool.on('connect', (client) => void client.on('error', () => {}));
  return pool;
}

/**
 * A pool whose statements end in time. While Postgres doesn't answer, requests fail at once, but for one each second that
 * finds out whether it is back.
 */
class GuardedPool implements PostgresPool {
  readonly options;
  readonly #open: () => Pool;
  #pool: Pool;
  readonly #url: string;
  readonly #limit: number;
  readonly #outage = new Outage();

  constructor(open: () => Pool, url: string, limit: number) {
    this.#open = open;
    this.#pool = open();
    this.options = this.#pool.options;
    this.#url = url;
    this.#limit = limit;
  }

  async connect(): Promise<PostgresPoolClient> {
    const attempt = this.#outage.begin();
    const fail = (error: unknown): PortholeError => {
      if (!this.#outage.isOn) this.#renew();
      return attempt.failed(postgresProblem(error, this.#url, 'database_unavailable'));
    };
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw fail(error);
    });
    let broken = false;
    const query = async (sql: string, values?: unknown[]): Promise<unknown> => {
      try {
        const config = { text: sql, ...(values === undefined ? {} : { values }), query_timeout: this.#limit };
        const result = await client.query(config);
        attempt.succeeded();
        return result;
      } catch (error) {
        if (!isUnreachable(error)) {
          attempt.succeeded();
          throw refusedValue(error) ?? error;
        }
        // A statement that waited for a lock says nothing about the others.
        if (hasCode(error, '57014')) throw postgresProblem(error, this.#url, 'database_unavailable');
        broken = true;
        throw fail(error);
      }
    };
    return {
      query: query as PostgresPoolClient['query'],
      release: (destroy = false) => {
        attempt.ended();
        client.release(destroy || broken);
      },
    };
  }

  /** Leaves the connections behind: those that nobody uses may be dead as well, and each would cost a time limit. */
  #renew(): void {
    void this.#pool.end().catch(() => {});
    this.#pool = this.#open();
  }

  async end(): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => resolve(undefined), closeLimit);
    await Promise.race([this.#pool.end(), late]).finally(() => clearTimeout(timer));
  }
}
