import { PortholeError } from '../domain/errors.ts';

/** Codes of the system and of the databases that mean: there is no room left. */
const full = new Set(['ENOSPC', 'EDQUOT', '53100']);
/** SQLite's primary result code for a full disk (https://sqlite.org/rescode.html#full). */
const sqliteFull = 13;
/** SQLite's code if it can't enlarge its index of the journal, which needs room on the disk: SQLITE_IOERR_SHMSIZE. */
const sqliteNoSharedMemory = 4874;

/**
 * The error of a failed write: `disk_full`, else `storage_failed` with the system's own words as the detail.
 * A {@link PortholeError} stays what it is.
 */
export function storageError(error: unknown): PortholeError {
  if (error instanceof PortholeError) return error;
  const { message } = (error ?? {}) as { message?: unknown };
  return new PortholeError(isFull(error) ? 'disk_full' : 'storage_failed', {
    cause: error,
    ...(typeof message === 'string' ? { detail: message } : {}),
  });
}

/** True if a write failed because the disk is full, or a quota is used up. */
export function isFull(error: unknown): boolean {
  if (error instanceof PortholeError) return error.code === 'disk_full';
  const { code, errcode } = (error ?? {}) as { code?: unknown; errcode?: unknown };
  if (typeof code === 'string' && full.has(code)) return true;
  return typeof errcode === 'number' && ((errcode & 0xff) === sqliteFull || errcode === sqliteNoSharedMemory);
}

/** True for a system error with this code, such as `ENOENT`. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(String((error as { code?: unknown } | null)?.code));
}
