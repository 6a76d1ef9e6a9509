import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { PortholeError } from '../domain/errors.ts';
import type { Logger } from '../domain/logger.ts';
import { fileMode } from './data-folder.ts';

/** How long a server that is being stopped may hold the folder, in milliseconds: somewhat longer than stopping takes. */
const patience = 4000;
/** How often the lock is tried meanwhile, in milliseconds. */
const step = 100;

/**
 * Keeps a second server out of a data folder: the two would use the same devices and purge each other's photos. The lock
 * is SQLite's own on the file `lock`, which the kernel frees when the process ends, however it ends. The file contains the
 * holder's pid, which others can read while the lock is held. The admin command line doesn't take it.
 */
export class FolderLock {
  readonly #file: DatabaseSync;

  private constructor(file: DatabaseSync) {
    this.#file = file;
  }

  /**
   * Takes the lock; null where the file system has no locks.
   *
   * @throws {PortholeError} `storage_failed` with the pid of the other server
   */
  static async take(dataFolder: string, log: Logger): Promise<FolderLock | null> {
    const path = join(dataFolder, 'lock');
    try {
      await (await open(path, 'a', fileMode)).close();
      const { DatabaseSync } = await import('node:sqlite');
      for (let waited = 0; ; waited += step) {
        const file = new DatabaseSync(path, { timeout: 0 });
        const result = attempt(file);
        if (result === 'held') return new FolderLock(file);
        if (result === 'taken' && waited >= patience) throw inUse(dataFolder, pidIn(file));
        file.close();
        if (result === 'damaged') await rm(path);
        await delay(step);
      }
    } catch (error) {
      if (error instanceof PortholeError) throw error;
      log.warn({ err: error }, 'the data folder cannot be locked: do not start a second server on it');
      return null;
    }
  }

  /** Frees the folder. Idempotent. */
  close(): void {
    if (this.#file.isOpen) this.#file.close();
  }
}

/** Writes the pid, and holds the lock of a writer, under which others can still read. */
function attempt(file: DatabaseSync): 'held' | 'taken' | 'damaged' {
  try {
    file.exec('pragma journal_mode = memory; begin immediate');
    try {
      file.exec('create table if not exists holder (pid integer)');
      file.exec(`delete from holder; insert into holder values (${process.pid}); commit`);
    } catch {
      // A full disk has no room for the pid.
      if (file.isTransaction) file.exec('rollback');
    }
    file.exec('begin immediate');
    return 'held';
  } catch (error) {
    const { errcode } = error as { errcode?: unknown };
    const code = typeof errcode === 'number' ? errcode & 0xff : null;
    // SQLITE_BUSY and SQLITE_LOCKED; SQLITE_CORRUPT and SQLITE_NOTADB.
    if (code === 5 || code === 6) return 'taken';
    if (code === 11 || code === 26) return 'damaged';
    throw error;
  }
}

function pidIn(file: DatabaseSync): number | null {
  try {
    const pid = file.prepare('select pid from holder').get()?.pid;
    return typeof pid === 'number' ? pid : null;
  } catch {
    return null;
  } finally {
    file.close();
  }
}

function inUse(dataFolder: string, pid: number | null): PortholeError {
  const who = pid === null ? 'Another Porthole' : `Another Porthole (process ${pid})`;
  return new PortholeError('storage_failed', {
    message: `${who} already uses the data folder ${dataFolder}. Stop it, or choose another folder with --data.`,
  });
}
