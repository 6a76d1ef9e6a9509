import { randomBytes } from 'node:crypto';
import { existsSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileMode } from './data-folder.ts';

/** The size of the reserve in bytes: some hundred changes of the database. */
export const reserveBytes = 1024 * 1024;
/** While the reserve is missing, the disk is checked for room this often, in milliseconds. */
const refillEvery = 60_000;

/**
 * Room that the database gets when the disk is full: the file `reserve` in the data folder, which is then deleted.
 * Without it, nobody could sign in, revoke a token or delete a photo, because even a deletion needs room. The file is
 * created again when there is room.
 */
export class DiskReserve {
  readonly #folder: string;
  readonly #path: string;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(folder: string) {
    this.#folder = folder;
    this.#path = join(folder, 'reserve');
  }

  /** Free bytes on the disk, as this user may write them; infinite where the OS doesn't tell. */
  get free(): number {
    return freeBytes(this.#folder);
  }

  /** Creates the file, or tries again later while the disk has less room than four times its size. */
  fill(): void {
    if (this.#create() || this.#closed) return;
    this.#timer ??= setInterval(() => {
      if (!this.#create()) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    }, refillEvery).unref();
  }

  /**
   * Deletes the file. It comes back when there is room. Without it, such as after an update on a full disk, the thumbnails
   * go, which are made again when they are asked for.
   */
  release(): void {
    try {
      if (existsSync(this.#path)) rmSync(this.#path);
      else rmSync(join(this.#folder, 'thumbnails'), { recursive: true, force: true });
    } catch {
      // The folder is gone or read-only: there is nothing to win.
    }
    this.fill();
  }

  /** Stops waiting for room; the file stays. Idempotent. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
  }

  /** Returns false if the disk has no room for it. */
  #create(): boolean {
    try {
      // Random, because some file systems store nothing for zeros.
      const room = Math.min(reserveBytes, Math.floor(this.free / 4));
      if (room < 64 * 1024) return false;
      writeFileSync(this.#path, randomBytes(room), { flag: 'wx', mode: fileMode });
      return true;
    } catch (error) {
      return (error as { code?: unknown }).code === 'EEXIST';
    }
  }
}

/** Free bytes on the disk of a folder, as this user may write them; infinite where the OS doesn't tell. */
export function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return Infinity;
  }
}
