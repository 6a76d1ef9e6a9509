import { PortholeError } from '../domain/errors.ts';
import { hasCode, isFull, storageError } from './errors.ts';

/**
 * Why an SQLite file can't be opened, and what to do about it. The detail is SQLite's or the system's own message.
 *
 * @param path the file of the database
 */
export function sqliteProblem(error: unknown, path: string): PortholeError {
  if (error instanceof PortholeError || isFull(error)) return storageError(error);
  const message = sentenceFor(error, path);
  if (message === null) return storageError(error);
  const detail = error instanceof Error ? { detail: error.message } : {};
  return new PortholeError('storage_failed', { message, ...detail, cause: error });
}

function sentenceFor(error: unknown, path: string): string | null {
  if (hasCode(error, 'EISDIR')) return `${path} is a folder, and Porthole keeps its database there. Move it away.`;
  if (hasCode(error, 'EACCES', 'EPERM')) {
    return `Porthole's user may not read and write ${path}. Make that user its owner.`;
  }
  if (hasCode(error, 'EROFS')) return `${path} is on a disk that is read-only. Mount it writable, or use --data.`;
  const { errcode } = (error ?? {}) as { errcode?: unknown };
  // Primary result codes: https://sqlite.org/rescode.html
  switch (typeof errcode === 'number' ? errcode & 0xff : null) {
    case 26:
      return `${path} is not an SQLite database. Restore a backup in its place, or move it away to start without users and cameras.`;
    case 11:
      return `${path} is damaged. Restore a backup in its place, or move it away to start without users and cameras.`;
    case 5:
    case 6:
      return `Another program has locked ${path}. Close that program, then start Porthole again.`;
    case 8:
    case 14:
      return `SQLite may not write ${path} and its folder. Make Porthole's user the owner of both.`;
    case 10:
      return `The disk fails when ${path} is read or written. Check the disk and the system's log.`;
    default:
      return null;
  }
}
