import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { SqliteDatabase, SqliteStatement } from 'kysely';
import { PortholeError } from '../domain/errors.ts';
import { isFull, storageError } from './errors.ts';
import { isWrite } from './patient-sqlite.ts';

/** Statements that are kept: more than Porthole has, but for lists of ids of every length. */
const mostStatements = 100;

/** Makes room on a full disk, for {@link nodeSqlite}. */
export interface Room {
  /** True if the disk is so full that a transaction might fail. */
  readonly isScarce: boolean;
  /** Makes room for the database, as far as it can. */
  make(): void;
}

/** Checks that written data stays, for {@link nodeSqlite}. */
export interface Guard {
  /** @throws {PortholeError} `storage_failed` if the file was moved away or deleted */
  ensurePresent(): void;
}

/**
 * Lets Kysely's SQLite dialect speak to Node's own SQLite. Statements are prepared once. A statement that fails because
 * the disk is full runs again after room was made. A transaction can't, so room is made before it begins.
 */
export function nodeSqlite(native: DatabaseSync, room: Room, guard: Guard): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => native.close(),
    prepare: (sql) => {
      let prepared = statements.get(sql);
      if (prepared === undefined) {
        if (statements.size >= mostStatements) statements.clear();
        prepared = statement(native, forWriting(sql), room, guard);
        statements.set(sql, prepared);
      }
      return prepared;
    },
  };
}

/**
 * A transaction takes the write lock at its start. Begun as a reader it would fail at its first write whenever another
 * process (the command line) had written in between, without waiting for busy_timeout.
 */
function forWriting(sql: string): string {
  return sql === 'begin' ? 'begin immediate' : sql;
}

function statement(database: DatabaseSync, sql: string, room: Room, guard: Guard): SqliteStatement {
  const begins = sql.startsWith('begin');
  const writes = isWrite(sql);
  const inRoom = <T>(work: () => T): T =>
    readable(() => {
      if (writes) guard.ensurePresent();
      if (begins && room.isScarce) room.make();
      try {
        return work();
      } catch (error) {
        // A failed statement was undone. Within a transaction, that may have undone all of it.
        if (!isFull(error) || database.isTransaction || sql === 'commit') throw error;
        room.make();
        return work();
      }
    });
  const prepare = (): StatementSync => readable(() => database.prepare(sql));
  const native = prepare();
  const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
  return {
    reader: native.columns().length > 0,
    all: (parameters) => inRoom(() => native.all(...values(parameters))),
    run: (parameters) => {
      // SQLite itself has undone a transaction whose commit found no room. Failing now would hide why.
      if (sql === 'rollback' && !database.isTransaction) return { changes: 0, lastInsertRowid: 0 };
      return inRoom(() => native.run(...values(parameters)));
    },
    // A separate statement: it is in use until its last row.
    iterate: (parameters) => readable(() => prepare().iterate(...values(parameters))),
  };
}

/**
 * SQLite's primary result codes that speak of the file and not of the statement: READONLY, IOERR, CORRUPT, FULL,
 * CANTOPEN, NOTADB (https://sqlite.org/rescode.html).
 */
const fileTroubles = new Set([8, 10, 11, 13, 14, 26]);
/** The same of another program that uses the file: BUSY, LOCKED. */
const locked = new Set([5, 6]);

/** A dying disk in words that a person can act on; a faulty statement as it is. */
function readable<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { errcode } = error as { errcode?: unknown };
    if (typeof errcode === 'number' && locked.has(errcode & 0xff)) {
      throw new PortholeError('database_unavailable', {
        message: 'Another program has locked the database. Close that program, and Porthole continues.',
        cause: error,
      });
    }
    throw typeof errcode === 'number' && fileTroubles.has(errcode & 0xff) ? storageError(error) : error;
  }
}
