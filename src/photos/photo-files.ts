import { randomBytes, randomInt } from 'node:crypto';
import { constants } from 'node:fs';
import {
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  stat,
  statfs,
  unlink,
  type FileHandle,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { PortholeError } from '../domain/errors.ts';
import { photoFileName, type DiskSpace, type ThumbnailWidth } from '../domain/photo.ts';
import { fileMode, folderMode } from '../store/data-folder.ts';
import { hasCode, storageError } from '../store/errors.ts';
import { sentence } from '../messages/sentence.ts';

/** A file of this age that is unfinished, or has no row, was abandoned by its writer, in milliseconds. */
const abandonedAfter = 10 * 60_000;
/** The number of photos without a row that crashes leave. */
const mostLost = 20;
/** Photos leave at most this much of the disk free by default, in bytes. */
const defaultReserve = 200e6;
/** Folders of photos and of thumbnails by width. */
type Folder = 'photos' | 'thumbnails' | 'thumbnails/240';
const folders: readonly Folder[] = ['photos', 'thumbnails', 'thumbnails/240'];
const thumbnailFolders = { 240: 'thumbnails/240', 480: 'thumbnails' } as const satisfies Record<ThumbnailWidth, Folder>;
/** Without the letters that people mix up. */
const idLetters = '23456789abcdefghjkmnpqrstuvwxyz';

/**
 * Photo files: `photos/YYYY/MM/2026-11-22_14-32-08_front_k3f9x2.jpg` in the data folder, and thumbnails of the
 * same name below `thumbnails`, the small ones in its folder `240`. A file is either whole and under its name, or not there.
 */
export class PhotoFiles {
  readonly #dataFolder: string;
  readonly #reserve: number | null;
  /** The inode of the data folder at the start. */
  #inode: number | null = null;

  /** @param reserve how many bytes of the disk stay free; by default, a twentieth of the disk, up to 200 MB */
  constructor(dataFolder: string, reserve: number | null = null) {
    this.#dataFolder = dataFolder;
    this.#reserve = reserve;
  }

  /**
   * Writes a photo under a name that no other has: its local time, its camera and a short random id.
   *
   * @param takenAt milliseconds since the epoch
   * @returns the file's name; its first ten characters are the local day.
   * @throws {PortholeError} `disk_full` or `storage_failed`; then there is no file.
   */
  async write(bytes: Uint8Array, cameraId: string, takenAt: number): Promise<string> {
    try {
      await this.#ensurePresent();
      for (;;) {
        const fileName = `${localTime(takenAt)}_${cameraPart(cameraId)}_${shortId()}.jpg`;
        const path = this.#path('photos', fileName);
        if (await writeWhole(path, bytes, this.#reserve, (draft) => claim(draft, path))) return fileName;
      }
    } catch (error) {
      throw storageError(error);
    }
  }

  /**
   * Opens a photo for reading. A link in its place is not followed.
   *
   * @throws {PortholeError} `photo_not_found`, or `storage_failed`.
   */
  async openRead(fileName: string): Promise<{ stream: Readable; bytes: number }> {
    const file = await this.#open('photos', fileName);
    const { size } = await file.stat();
    return { stream: file.createReadStream(), bytes: size };
  }

  /** A whole photo; throws as {@link openRead} does. */
  async read(fileName: string): Promise<Buffer> {
    const file = await this.#open('photos', fileName);
    try {
      return await file.readFile();
    } finally {
      await file.close();
    }
  }

  /** A thumbnail's JPEG; undefined if it doesn't exist. */
  async readThumbnail(fileName: string, width: ThumbnailWidth): Promise<Buffer | undefined> {
    return readFile(this.#path(thumbnailFolders[width], fileName)).catch(() => undefined);
  }

  /** Keeps a thumbnail, in place of an earlier one. */
  async writeThumbnail(fileName: string, width: ThumbnailWidth, bytes: Uint8Array): Promise<void> {
    const path = this.#path(thumbnailFolders[width], fileName);
    try {
      await this.#ensurePresent();
      await writeWhole(path, bytes, this.#reserve, async (draft) => {
        await rename(draft, path);
        return true;
      });
    } catch (error) {
      throw storageError(error);
    }
  }

  /** The room on the disk; null where the OS doesn't tell. */
  async space(): Promise<DiskSpace | null> {
    return spaceOf(this.#dataFolder, this.#reserve).catch(() => null);
  }

  /** Removes a photo's file and its thumbnails; does nothing about those that are gone. */
  async remove(fileName: string): Promise<void> {
    for (const kind of folders.toReversed()) {
      await unlink(this.#path(kind, fileName)).catch((error: unknown) => {
        if (!hasCode(error, 'ENOENT', 'ENOTDIR')) throw storageError(error);
      });
    }
  }

  /**
   * Removes files that a crash in the middle of a write left behind, and thumbnails without a photo. Photos without a row are
   * moved to the folder `lost-photos`.
   *
   * @param withoutRow which of these files belong to no photo
   * @returns the photos that were moved, and the number of those that were not because they are too many for a crash:
   *   then the database may be the wrong one
   */
  async sweep(
    withoutRow: (fileNames: string[]) => Promise<readonly string[]>,
  ): Promise<{ readonly moved: readonly string[]; readonly kept: number }> {
    await this.#ensurePresent();
    const lost: string[] = [];
    for (const kind of ['photos', 'thumbnails'] as const) {
      const root = join(this.#dataFolder, kind);
      const paths = (await readdir(root, { recursive: true }).catch(() => [])).map((name) => join(root, name));
      for (const path of paths.filter((each) => each.endsWith('.tmp'))) {
        if (await isAbandoned(path)) await unlink(path).catch(() => {});
      }
      const names = paths.map((path) => basename(path)).filter((name) => photoFileName.test(name));
      const gone = await withoutRow([...new Set(names)]);
      for (const folder of folders.filter((each) => each.startsWith(kind))) {
        for (const name of gone) {
          const path = this.#path(folder, name);
          if (!(await isAbandoned(path))) continue;
          if (folder === 'photos') lost.push(name);
          else await unlink(path).catch(() => {});
        }
      }
    }
    if (lost.length > mostLost) return { moved: [], kept: lost.length };
    if (lost.length > 0) await mkdir(join(this.#dataFolder, 'lost-photos'), { recursive: true, mode: folderMode });
    for (const name of lost) await rename(this.#path('photos', name), join(this.#dataFolder, 'lost-photos', name));
    return { moved: lost, kept: 0 };
  }

  /**
   * A folder that was moved away is not made again: it would be in the way when the first one comes back.
   *
   * @throws {PortholeError} `storage_failed`
   */
  async #ensurePresent(): Promise<void> {
    const found = await stat(this.#dataFolder).catch(() => null);
    this.#inode ??= found?.ino ?? null;
    if (found !== null && found.ino === this.#inode) return;
    throw new PortholeError('storage_failed', {
      message: found === null ? sentence('photos_folder_gone') : sentence('photos_folder_replaced'),
    });
  }

  async #open(kind: Folder, fileName: string): Promise<FileHandle> {
    const path = this.#path(kind, fileName);
    try {
      const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
      if ((await file.stat()).isFile()) return file;
      await file.close();
    } catch (error) {
      if (!hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EMLINK')) throw storageError(error);
    }
    throw new PortholeError('photo_not_found', { detail: 'The file is gone.' });
  }

  #path(kind: Folder, fileName: string): string {
    const [, year, month] = photoFileName.exec(fileName) ?? [];
    if (year === undefined || month === undefined) throw new TypeError(`"${fileName}" is no name of a photo`);
    return join(this.#dataFolder, kind, year, month, fileName);
  }
}

async function spaceOf(folder: string, reserve: number | null): Promise<DiskSpace> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { free: bavail * bsize, reserve: reserve ?? Math.min(blocks * bsize * 0.05, defaultReserve) };
}

/**
 * Photos stop before the disk is full, so that the rest of Porthole, and of the machine, goes on working.
 *
 * @throws {PortholeError} `disk_full` if this many bytes would leave less than the reserve.
 */
async function checkRoom(folder: string, bytes: number, reserve: number | null): Promise<void> {
  const { free: left, reserve: kept } = await spaceOf(folder, reserve);
  if (left - bytes >= kept) return;
  const mega = (value: number): string => (value / 1e6).toFixed(value < 1e7 ? 1 : 0);
  throw new PortholeError('disk_full', {
    message: sentence('photos_disk_left', { left: mega(left), kept: mega(kept) }),
  });
}

/**
 * Writes a draft next to `path` and has it put in place; no draft is left in any case.
 *
 * @param place moves or links the draft to its name; false if the name is taken
 */
async function writeWhole(
  path: string,
  bytes: Uint8Array,
  reserve: number | null,
  place: (draft: string) => Promise<boolean>,
): Promise<boolean> {
  const folder = dirname(path);
  const made = await mkdir(folder, { recursive: true, mode: folderMode });
  // A new folder is lost in a power cut unless the one above it is synced.
  for (let each = folder; made !== undefined && each.length >= made.length; each = dirname(each)) {
    await syncFolder(dirname(each));
  }
  await checkRoom(folder, bytes.length, reserve);
  const draft = join(folder, `.${randomBytes(9).toString('hex')}.tmp`);
  try {
    const file = await open(draft, 'wx', fileMode);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    if (!(await place(draft))) return false;
  } finally {
    await unlink(draft).catch(() => {});
  }
  await syncFolder(folder);
  return true;
}

/** Gives the draft its name unless another file has it: a link never replaces, where rename would. */
async function claim(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    // exFAT and some network disks have no links: reserve the name, then move the draft over the reservation.
    if (!hasCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK')) throw error;
  }
  try {
    await (await open(path, 'wx', fileMode)).close();
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
  try {
    await rename(draft, path);
  } catch (error) {
    await unlink(path).catch(() => {});
    throw error;
  }
  return true;
}

async function isAbandoned(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => null);
  return found?.isFile() === true && found.mtimeMs < Date.now() - abandonedAfter;
}

/** Makes the new name survive a power cut, where the file system can. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  if (handle === null) return;
  await handle.sync().catch(() => {});
  await handle.close();
}

function shortId(): string {
  return Array.from({ length: 6 }, () => idLetters[randomInt(idLetters.length)]).join('');
}

/** Camera ids already are safe; a file name does not rely on it. */
function cameraPart(cameraId: string): string {
  return (
    cameraId
      .toLowerCase()
      .replace(/[^a-z0-9-]/g, '')
      .slice(0, 40) || 'camera'
  );
}

function localTime(milliseconds: number): string {
  const date = new Date(milliseconds);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}_${two(date.getHours())}-${two(date.getMinutes())}-${two(date.getSeconds())}`;
}
