import { PortholeError } from '../domain/errors.ts';

/** Codes of the system and of the databases that mean: there is no room left. */
const full = new Set(['ENOSPC', 'EDQUOT', '53100']);
/** SQLite's primary result code for a full disk (https://sqlite.org/rescode.html#full). */
const sqliteFull = 13;

/**
 * The error of a failed write: `disk_full`, else `storage_failed` with the system's own words as the detail.
 * A {@link PortholeError} stays what it is.
 */
export function storageError(error: unknown): PortholeError {
  if (error instanceof PortholeError) return error;
  const { code, errcode, message } = (error ?? {}) as { code?: unknown; errcode?: unknown; message?: unknown };
  const isFull =
    (typeof code === 'string' && full.has(code)) || (typeof errcode === 'number' && (errcode & 0xff) === sqliteFull);
  return new PortholeError(isFull ? 'disk_full' : 'storage_failed', {
    cause: error,
    ...(typeof message === 'string' ? { detail: message } : {}),
  });
}

/** True for a system error with this code, such as `ENOENT`. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(String((error as { code?: unknown } | null)?.code));
}
