import { statSync } from 'node:fs';
import { chmod, open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { Kysely, sql, type Compilable } from 'kysely';
import { PortholeError } from '../domain/errors.ts';
import { fileMode, prepareDataFolder } from './data-folder.ts';
import { DiskReserve, reserveBytes } from './disk-reserve.ts';
import { isFull, storageError } from './errors.ts';
import { migrationsFor, type DatabaseKind } from './migrations.ts';
import { nodeSqlite, type Room } from './node-sqlite.ts';
import { PatientSqliteDialect } from './patient-sqlite.ts';
import { openPostgres } from './postgres.ts';
import { sqliteProblem } from './sqlite-problem.ts';
import type { StoredDate, Tables } from './tables.ts';
import { UnreadableRows } from './unreadable-rows.ts';

/** Where a {@link Database} is. */
export interface DatabaseOptions {
  /** Made if it is missing; holds `porthole.db` unless `url` says otherwise. */
  readonly dataFolder: string;
  /** `postgres://user:password@host/name`; SQLite in the data folder without it. */
  readonly url?: string | undefined;
}

/** How long the start waits, in milliseconds, while another process writes to the same SQLite file. */
const startTimeout = 5000;
/** How long SQLite itself waits later, in milliseconds. All else waits meanwhile, see {@link PatientSqliteDialect}. */
const busyTimeout = 20;

/** The open database, SQLite or Postgres, with its tables up to date. */
export class Database {
  readonly kind: DatabaseKind;
  /** The query builder that repositories use. */
  readonly kysely: Kysely<Tables>;
  /** Where repositories report rows that they can't read. */
  readonly unreadable = new UnreadableRows();
  /** The SQLite file as it was opened: a data folder that was replaced has another one. */
  readonly #file: Opened['file'];
  readonly #reserve: DiskReserve | null;
  #closed = false;

  private constructor(opened: Opened) {
    this.kind = opened.kind;
    this.kysely = opened.kysely;
    this.#file = opened.file;
    this.#reserve = opened.reserve;
  }

  /**
   * Opens the database and brings its tables up to date; several processes may do so at once.
   *
   * @throws {PortholeError} `storage_failed` or `disk_full`, with the database's own words as the detail.
   */
  static async open(options: DatabaseOptions): Promise<Database> {
    await prepareDataFolder(options.dataFolder);
    try {
      return new Database(
        await (options.url === undefined ? openSqlite(options.dataFolder) : openPostgresDatabase(options.url)),
      );
    } catch (error) {
      throw storageError(error);
    }
  }

  /**
   * A query that is put together once and run with other parameters each time: for those that every request makes.
   *
   * @returns what runs it; its parameters take the place of the query's own, in their order
   */
  prepare<Row>(query: Compilable<Row>): (...parameters: readonly unknown[]) => Promise<Row[]> {
    const compiled = query.compile();
    return async (...parameters) => (await this.kysely.executeQuery<Row>({ ...compiled, parameters })).rows;
  }

  /** A point in time as this engine stores better-auth's dates. */
  date(milliseconds: number): StoredDate {
    const date = new Date(milliseconds);
    return this.kind === 'postgres' ? date : date.toISOString();
  }

  /** @throws {PortholeError} `storage_failed` if the SQLite file is gone or is another one */
  async ensurePresent(): Promise<void> {
    if (this.#file !== null) ensureSame(this.#file);
  }

  /**
   * Resolves when everything that was written survives a power cut. SQLite itself syncs its journal only now and then,
   * because that would block the server; this does it without.
   */
  async sync(): Promise<void> {
    if (this.#file === null) return;
    for (const path of [`${this.#file.path}-wal`, dirname(this.#file.path)]) {
      const file = await open(path, 'r');
      await file.sync().finally(() => file.close());
    }
  }

  /** Closes the connections; safe to call again. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#reserve?.close();
    await this.kysely.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

interface Opened {
  readonly kind: DatabaseKind;
  readonly kysely: Kysely<Tables>;
  readonly file: { readonly path: string; readonly inode: number } | null;
  readonly reserve: DiskReserve | null;
}

/** Opens the SQLite database. On a full disk, the reserve makes room for its journal. */
async function openSqlite(dataFolder: string): Promise<Opened> {
  const reserve = new DiskReserve(dataFolder);
  try {
    const opened = await openSqliteFile(dataFolder, reserve).catch((error: unknown) => {
      if (!isFull(error)) throw error;
      reserve.release();
      return openSqliteFile(dataFolder, reserve);
    });
    reserve.fill();
    return opened;
  } catch (error) {
    reserve.close();
    throw sqliteProblem(error, databasePath(dataFolder));
  }
}

/** The SQLite file in a data folder. */
function databasePath(dataFolder: string): string {
  return join(dataFolder, 'porthole.db');
}

async function openSqliteFile(dataFolder: string, reserve: DiskReserve): Promise<Opened> {
  const { DatabaseSync } = await import('node:sqlite');
  const path = databasePath(dataFolder);
  // SQLite gives its journal files the mode of the database, so that one has to be right first.
  await (await open(path, 'a', fileMode)).close();
  const { mode, ino } = await stat(path);
  if ((mode & 0o077) !== 0) await chmod(path, fileMode);

  const native = new DatabaseSync(path, { timeout: startTimeout, enableForeignKeyConstraints: true });
  try {
    native.exec('pragma journal_mode = wal; pragma synchronous = normal;');
    const kysely = new Kysely<Tables>({
      dialect: new PatientSqliteDialect({
        database: nodeSqlite(native, roomFor(native, reserve), {
          ensurePresent: () => ensureSame({ path, inode: ino }),
        }),
      }),
    });
    // SQLite can roll back DDL. Holding the write lock meanwhile keeps a second process from migrating as well.
    native.exec('begin immediate');
    try {
      await migrate(kysely, 'sqlite');
      native.exec('commit');
    } catch (error) {
      // A commit that finds no room has undone it already.
      if (native.isTransaction) native.exec('rollback');
      throw error;
    }
    native.exec(`pragma busy_timeout = ${busyTimeout}`);
    return { kind: 'sqlite', kysely, file: { path, inode: ino }, reserve };
  } catch (error) {
    if (native.isOpen) native.close();
    throw error;
  }
}

/**
 * Writes into a deleted SQLite file succeed and are lost; this finds out.
 *
 * @throws {PortholeError} `storage_failed` if the file is gone or is another one
 */
function ensureSame({ path, inode }: { readonly path: string; readonly inode: number }): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.ino === inode) return;
  throw new PortholeError('storage_failed', {
    message:
      found === undefined
        ? 'The data folder has vanished. Put it back where it was, and Porthole continues.'
        : 'The data folder was replaced by another one. Put the first one back, or start Porthole again.',
    detail: `${path} is not the file that was opened`,
  });
}

/** Room from the reserve, and from the journal, which is written from its start again once the database has it all. */
function roomFor(native: DatabaseSync, reserve: DiskReserve): Room {
  return {
    get isScarce() {
      return reserve.free < reserveBytes;
    },
    make: () => {
      reserve.release();
      try {
        native.exec('pragma wal_checkpoint(passive)');
      } catch {
        // No room for that either. The statement that needs room says so.
      }
    },
  };
}

async function openPostgresDatabase(url: string): Promise<Opened> {
  const kysely = await openPostgres(url, (migrating) => migrate(migrating, 'postgres'));
  return { kind: 'postgres', kysely, file: null, reserve: null };
}

async function migrate(kysely: Kysely<Tables>, kind: DatabaseKind): Promise<void> {
  const migrations = migrationsFor(kind);
  const { Migrator } = await import('kysely/migration');
  const migrator = new Migrator({
    db: kysely,
    provider: { getMigrations: async () => migrations },
    // Without it, Kysely takes the tables of another program, in another schema, for ours.
    ...(kind === 'postgres' && { migrationTableSchema: await currentSchema(kysely) }),
  });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  const known = new Set(Object.keys(migrations));
  const [newer] = await unknownMigrations(kysely, known).catch(() => []);
  if (newer !== undefined) {
    throw new PortholeError('storage_failed', {
      message: `The database comes from a newer Porthole, which added “${newer}”. Install that version again, or restore a backup from before the update.`,
      cause: error,
    });
  }
  // The database's own errors are explained where it is opened.
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  if (error instanceof Error && (code !== undefined || errcode !== undefined)) throw error;
  throw new PortholeError('storage_failed', {
    message: 'The database could not be brought up to date. Restore a backup, or report this with the detail.',
    ...(error instanceof Error ? { detail: error.message } : {}),
    cause: error,
  });
}

/** The schema of a Postgres database that tables without a schema belong to: `public`, or the first of `search_path`. */
async function currentSchema(kysely: Kysely<Tables>): Promise<string> {
  const { rows } = await sql<{ name: string | null }>`select current_schema() as name`.execute(kysely);
  return rows[0]?.name ?? 'public';
}

/** Migrations that ran on the database and that this version doesn't have. */
async function unknownMigrations(kysely: Kysely<Tables>, known: ReadonlySet<string>): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(kysely);
  return rows.map(({ name }) => name).filter((name) => !known.has(name));
}
