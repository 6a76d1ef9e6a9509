import { setTimeout as delay } from 'node:timers/promises';
import { SqliteDialect, type CompiledQuery, type DatabaseConnection, type Driver, type QueryResult } from 'kysely';
import { PortholeError } from '../domain/errors.ts';

/** How long a statement waits, in milliseconds, while another program writes to the same file. */
const patience = 3000;
/** How often it is tried meanwhile, in milliseconds. */
const step = 20;

/**
 * Kysely's SQLite, which waits for other programs without blocking the server: SQLite's own waiting would stop all frames.
 * Once a statement has waited in vain, the next ones don't wait until one succeeds, because all statements take turns.
 */
export class PatientSqliteDialect extends SqliteDialect {
  override createDriver(): Driver {
    const driver = super.createDriver();
    const acquire = driver.acquireConnection.bind(driver);
    let connection: DatabaseConnection | undefined;
    driver.acquireConnection = async (options) => (connection ??= new PatientConnection(await acquire(options)));
    return driver;
  }
}

class PatientConnection implements DatabaseConnection {
  readonly #connection: DatabaseConnection;
  #gaveUp = false;

  constructor(connection: DatabaseConnection) {
    this.#connection = connection;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const deadline = performance.now() + (this.#gaveUp ? 0 : patience);
    for (;;) {
      try {
        const result = await this.#connection.executeQuery<R>(query);
        if (isWrite(query.sql)) this.#gaveUp = false;
        return result;
      } catch (error) {
        if (!(error instanceof PortholeError) || error.code !== 'database_unavailable') throw error;
        if (performance.now() >= deadline) {
          this.#gaveUp = true;
          throw error;
        }
        await delay(step);
      }
    }
  }

  streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    return this.#connection.streamQuery<R>(query, chunkSize);
  }
}

/** True for statements that write, or begin to. */
export function isWrite(sql: string): boolean {
  return /^\s*(begin|insert|update|delete|replace)\b/i.test(sql);
}
