import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { Logger } from 'pino';
import { smallJpeg } from '../cameras/media/small-jpeg.ts';
import { PortholeError } from '../domain/errors.ts';
import { Listeners } from '../domain/listeners.ts';
import type { LocalDays } from '../domain/local-days.ts';
import {
  type DiskSpace,
  type Photo,
  type PhotoDay,
  type PhotoPage,
  type PhotoSelection,
  thumbnailWidth,
  type ThumbnailWidth,
} from '../domain/photo.ts';
import { roleAllows } from '../domain/users/role.ts';
import { maySee, type Principal } from '../domain/users/user.ts';
import { isFull, storageError } from '../store/errors.ts';
import { PhotoLinks } from './links/photo-links.ts';
import type { PhotoFiles } from './photo-files.ts';
import { cursorOf, type AllowedCameras, type PhotoRepository } from './photo-repository.ts';

/** Takes a Camera's best still. */
export interface StillTaker {
  takeStill(cameraId: string, options: { signal?: AbortSignal }): Promise<Still>;
}

/** A picture just taken. */
export interface Still {
  /** A whole JPEG. */
  readonly bytes: Buffer;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Milliseconds since the epoch. */
  readonly takenAt: number;
}

/** A change of Photos. A restored photo counts as new. */
export type PhotoEvent =
  | { readonly type: 'photo'; readonly photo: Photo }
  | { readonly type: 'photos-deleted'; readonly ids: readonly string[]; readonly cameraIds: readonly string[] };

/** Options of {@link Photos}. */
export interface PhotosParts {
  readonly repository: PhotoRepository;
  readonly files: PhotoFiles;
  readonly still: StillTaker;
  readonly log: Logger;
  /** How long deleted photos can be restored, in milliseconds; a minute by default. */
  readonly undoMs?: number;
}

/** The number of photos on a page of the gallery. */
const pageSize = 60;
/** How many of them are newer than the photo that the page is around. */
const newerAround = 24;
/** A purge leaves photos that a restore may be bringing back, in milliseconds. */
const purgeMargin = 1000;

/** Takes, lists, deletes and restores Photos. */
export class Photos {
  /** The links that show one photo to anybody. */
  readonly links: PhotoLinks;
  readonly #repository: PhotoRepository;
  readonly #files: PhotoFiles;
  readonly #still: StillTaker;
  readonly #log: Logger;
  readonly #undoMs: number;
  readonly #listeners: Listeners<PhotoEvent>;
  /** Those being made, by photo and width. */
  readonly #thumbnails = new Map<string, Promise<Buffer>>();
  readonly #purgeQueue = pLimit(1);
  #purgeTimer: NodeJS.Timeout | undefined;
  #lastDeletion = 0;
  #closed = false;

  private constructor(parts: PhotosParts) {
    this.#repository = parts.repository;
    this.links = new PhotoLinks(parts.repository.links, parts.log);
    this.#files = parts.files;
    this.#still = parts.still;
    this.#log = parts.log;
    this.#listeners = new Listeners((error) => parts.log.error({ err: error }, 'a listener of photos failed'));
    this.#undoMs = parts.undoMs ?? 60_000;
  }

  /** Opens the photos, and begins to remove remains of an earlier run: deleted photos and unfinished files. */
  static open(parts: PhotosParts): Photos {
    const photos = new Photos(parts);
    // A little later, to start faster.
    photos.#purgeLater(Math.min(5000, photos.#undoMs));
    void photos.#sweep().catch((error: unknown) => {
      if (!photos.#closed) parts.log.warn({ err: error }, 'unfinished files could not be removed');
    });
    return photos;
  }

  /** Removes remains of a crash between a photo's file and its row. */
  async #sweep(): Promise<void> {
    const { moved, kept } = await this.#files.sweep((names) => this.#repository.withoutRow(names));
    for (const file of moved)
      this.#log.warn({ file }, 'a photo that the database does not know was moved to lost-photos');
    if (kept > 0) {
      this.#log.warn(
        { files: kept },
        'the database does not know many of the photo files: check that it is the right one',
      );
    }
  }

  /**
   * Takes a photo. When it fails there is neither a file nor a row.
   *
   * @throws {PortholeError} `not_allowed`, `camera_not_found`, an error of the camera, `photo_failed`, `disk_full` or
   *   `storage_failed`.
   */
  async capture(
    cameraId: string,
    cameraName: string,
    principal: Principal,
    options: { signal?: AbortSignal } = {},
  ): Promise<Photo> {
    if (!maySee(principal, cameraId)) throw new PortholeError('camera_not_found');
    if (!roleAllows(principal.role, 'operator')) throw new PortholeError('not_allowed');
    const still = await this.#still.takeStill(cameraId, options).catch((error: unknown) => {
      throw error instanceof PortholeError ? error : new PortholeError('photo_failed', { cause: error });
    });
    options.signal?.throwIfAborted();
    const fileName = await this.#files.write(still.bytes, cameraId, still.takenAt);
    const photo: Photo = {
      id: randomBytes(12).toString('base64url'),
      cameraId,
      cameraName,
      takenAt: Math.round(still.takenAt),
      takenBy: principal.user?.username ?? null,
      width: still.width,
      height: still.height,
      bytes: still.bytes.length,
      fileName,
    };
    try {
      await this.#repository.insert(photo, fileName.slice(0, 10));
    } catch (error) {
      // A database that didn't answer may still add the row. Without a row, the file goes at the next start.
      if (error instanceof PortholeError && error.code === 'database_unavailable') throw error;
      await this.#files.remove(fileName).catch((removal: unknown) => {
        this.#log.error({ err: removal, file: fileName }, 'a photo without a row could not be removed');
      });
      throw error;
    }
    this.#log.info({ photo: photo.id, camera: cameraId, user: photo.takenBy, bytes: photo.bytes }, 'photo taken');
    // Everybody asks for it in a moment. Without it the photo is whole all the same.
    await this.#makeThumbnail(photo, thumbnailWidth(), still.bytes).catch((error: unknown) => {
      this.#log.warn({ err: error, photo: photo.id }, 'thumbnail could not be made');
    });
    this.#listeners.emit({ type: 'photo', photo });
    return photo;
  }

  /**
   * One page, newest first.
   *
   * @param options `before` and `after` are the `next` and `previous` of another page; `limit` is 1 to 200, 60 by default
   */
  async list(options: {
    cameras: AllowedCameras;
    camera?: string | undefined;
    before?: string | undefined;
    after?: string | undefined;
    limit?: number | undefined;
  }): Promise<PhotoPage> {
    const limit = options.limit ?? pageSize;
    if (!Number.isInteger(limit) || limit < 1 || limit > 200) {
      throw new PortholeError('invalid_input', { field: 'limit', message: 'limit is a whole number from 1 to 200.' });
    }
    return this.#repository.page({ ...options, limit });
  }

  /** The page that has this photo in its midst, with some that are newer. */
  async around(photo: Photo, options: { cameras: AllowedCameras; camera?: string | undefined }): Promise<PhotoPage> {
    const newer = await this.#repository.page({ ...options, after: cursorOf(photo), limit: newerAround });
    const first = newer.photos.at(-1);
    const before = first === undefined ? undefined : cursorOf(first);
    const older = await this.#repository.page({ ...options, before, limit: pageSize - newerAround });
    return { photos: [...newer.photos, ...older.photos], previous: newer.previous, next: older.next };
  }

  /** The page that begins with photos from before this moment; the oldest page if there are none. */
  async until(moment: number, options: { cameras: AllowedCameras; camera?: string | undefined }): Promise<PhotoPage> {
    const page = await this.list({ ...options, before: `${Math.max(0, moment)}_-` });
    return page.photos.length > 0 ? page : this.list({ ...options, after: '0_-' });
  }

  /** The days that have photos, newest first, as they are in a time zone. */
  async localDays(
    days: LocalDays,
    options: { cameras: AllowedCameras; camera?: string | undefined },
  ): Promise<readonly PhotoDay[]> {
    const found: { day: string; count: number; bytes: number; readonly end: number }[] = [];
    for (const { from, count, bytes } of await this.#repository.quarters(options.cameras, options.camera)) {
      let last = found.at(-1);
      if (last === undefined || from >= last.end) {
        const day = days.of(from);
        last = { day, count: 0, bytes: 0, end: days.end(day) };
        found.push(last);
      }
      last.count += count;
      last.bytes += bytes;
    }
    return found.reverse().map(({ day, count, bytes }) => ({ day, count, bytes }));
  }

  /** The cameras that have photos, apart from `known` ones: those that were removed. */
  async removedCameras(
    cameras: AllowedCameras,
    known: readonly string[],
  ): Promise<readonly { id: string; name: string }[]> {
    return this.#repository.cameras(cameras, known);
  }

  /** The days that have photos, newest first, in the time zone that the server had then. */
  async days(options: { cameras: AllowedCameras; camera?: string | undefined }): Promise<readonly PhotoDay[]> {
    return this.#repository.days(options.cameras, options.camera);
  }

  /** How many photos there are, and the bytes of their files. */
  async usage(cameras: AllowedCameras): Promise<{ count: number; bytes: number }> {
    return this.#repository.usage(cameras);
  }

  /** The room for photos on the disk; null if unknown. */
  async space(): Promise<DiskSpace | null> {
    return this.#files.space();
  }

  /** A photo by its id; undefined if there is none, or its camera may not be seen. */
  async find(id: string, cameras: AllowedCameras): Promise<Photo | undefined> {
    return this.#repository.get(id, cameras);
  }

  /** @throws {PortholeError} `photo_not_found`, also when its camera may not be seen. */
  async get(id: string, cameras: AllowedCameras): Promise<Photo> {
    const photo = await this.find(id, cameras);
    if (photo === undefined) throw new PortholeError('photo_not_found');
    return photo;
  }

  /** The ids of the photos taken just after and just before one. */
  async neighbours(
    photo: Photo,
    cameras: AllowedCameras,
    camera?: string,
  ): Promise<{ newer: string | null; older: string | null }> {
    return this.#repository.neighbours(photo, cameras, camera);
  }

  /** The JPEG as a stream, which the caller reads to its end or destroys. */
  async openFile(photo: Photo): Promise<{ stream: Readable; bytes: number }> {
    return this.#files.openRead(photo.fileName);
  }

  /**
   * A small JPEG of a photo.
   *
   * @param least the width that is needed, see {@link thumbnailWidth}
   */
  async thumbnail(photo: Photo, least?: number): Promise<Buffer> {
    const width = thumbnailWidth(least);
    return (await this.#files.readThumbnail(photo.fileName, width)) ?? this.#makeThumbnail(photo, width);
  }

  /**
   * Moves photos into the trash, from where they can be restored for a minute. If the disk is too full for that, it
   * deletes them at once.
   *
   * @returns the ids really deleted: those that were there and may be seen.
   */
  async delete(ids: readonly string[], cameras: AllowedCameras): Promise<readonly string[]> {
    return this.#delete(ids, cameras, Date.now());
  }

  /**
   * Moves all photos of a selection into the trash, as {@link delete} does, with a part of them in memory.
   *
   * @returns how many were deleted, and by which `deletion` {@link undelete} restores them.
   */
  async deleteSelected(
    selection: PhotoSelection,
    cameras: AllowedCameras,
  ): Promise<{ readonly count: number; readonly deletion: number }> {
    const deletion = (this.#lastDeletion = Math.max(Date.now(), this.#lastDeletion + 1));
    let count = 0;
    for await (const photos of this.#repository.selected(selection, cameras)) {
      const ids = photos.map(({ id }) => id);
      if (ids.length > 0) count += (await this.#delete(ids, cameras, deletion)).length;
      // Frames have their turn between two parts.
      await setImmediate();
    }
    return { count, deletion };
  }

  async #delete(ids: readonly string[], cameras: AllowedCameras, moment: number): Promise<readonly string[]> {
    const deleted = await this.#repository.delete(ids, cameras, moment).catch(async (error: unknown) => {
      if (!isFull(error)) throw error;
      // The files make the room that their rows need to go.
      const photos = await this.#repository.getMany(ids, cameras);
      for (const photo of photos) await this.#files.remove(photo.fileName);
      return this.#repository.delete(ids, cameras, 0);
    });
    if (deleted.length === 0) return [];
    const deletedIds = deleted.map((photo) => photo.id);
    this.#log.info({ photos: deletedIds }, 'photos deleted');
    this.#listeners.emit({
      type: 'photos-deleted',
      ids: deletedIds,
      cameraIds: [...new Set(deleted.map((photo) => photo.cameraId))],
    });
    this.#purgeLater(this.#undoMs + 2 * purgeMargin);
    return deletedIds;
  }

  /**
   * Takes photos out of the trash again.
   *
   * @returns the ids really restored.
   */
  async restore(ids: readonly string[], cameras: AllowedCameras): Promise<readonly string[]> {
    const restored = await this.#repository.restore(ids, cameras, Date.now() - this.#undoMs);
    if (restored.length > 0) this.#log.info({ photos: restored.map((photo) => photo.id) }, 'photos restored');
    for (const photo of restored) this.#listeners.emit({ type: 'photo', photo });
    return restored.map((photo) => photo.id);
  }

  /**
   * Takes all photos of a deletion out of the trash again.
   *
   * @param deletion what {@link deleteSelected} returned
   * @returns how many were restored.
   */
  async undelete(deletion: number, cameras: AllowedCameras): Promise<number> {
    let count = 0;
    for (;;) {
      const restored = await this.restore(await this.#repository.deletedAt(deletion, cameras), cameras);
      count += restored.length;
      if (restored.length === 0) return count;
      await setImmediate();
    }
  }

  /**
   * A ZIP of photos, made while it is read; destroy it to stop.
   *
   * @param photos their ids, or a selection, of which a part is in memory
   * @throws {PortholeError} `photo_not_found` if none of them is there.
   */
  async archive(photos: readonly string[] | PhotoSelection, cameras: AllowedCameras): Promise<Readable> {
    const selection = 'spans' in photos ? photos : { ids: photos, spans: [], except: [] };
    const found = this.#repository.selected(selection, cameras);
    const first = await nextPhotos(found);
    if (first === null) throw new PortholeError('photo_not_found');
    const { photoArchive } = await import('./photo-archive.ts');
    return photoArchive(eachPhoto(first, found), this.#files, this.#log);
  }

  /** Calls back for every {@link PhotoEvent}; returns what ends it. */
  onChange(listener: (event: PhotoEvent) => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Removes for good what can no longer be restored. */
  async purge(): Promise<void> {
    return this.#purgeQueue(() => this.#purge());
  }

  /** Stops the purge; safe to call again. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#purgeTimer);
    this.#listeners.clear();
    await this.#purgeQueue(() => undefined);
  }

  async #purge(): Promise<void> {
    if (!this.#closed) await this.#repository.settleTrash(Date.now());
    const before = Date.now() - this.#undoMs - purgeMargin;
    let problem: PortholeError | undefined;
    let last: { readonly id: string; readonly deletedAt: number } | undefined;
    for (;;) {
      const trash = this.#closed ? [] : await this.#repository.trash(before, 200, last);
      last = trash.at(-1);
      if (last === undefined) break;
      const gone: string[] = [];
      for (const { id, fileName } of trash) {
        // The file first: a crash in between leaves a row that the next purge finishes, never a forgotten picture.
        const removed = this.#files.remove(fileName).then(() => gone.push(id));
        // A file that can't be removed keeps no other from going.
        await removed.catch((error: unknown) => (problem ??= storageError(error)));
      }
      await this.#repository.forget(gone);
    }
    if (problem !== undefined) throw problem;
  }

  #purgeLater(milliseconds: number): void {
    if (this.#closed || this.#purgeTimer !== undefined) return;
    this.#purgeTimer = setTimeout(() => {
      this.#purgeTimer = undefined;
      void this.purge()
        .catch((error: unknown) => this.#log.warn({ err: error }, 'the trash could not be emptied'))
        .then(async () => {
          // Deleted while this waited: not yet due, so once more.
          const left = this.#closed ? [] : await this.#repository.trash(Number.MAX_SAFE_INTEGER, 1);
          if (left.length > 0) this.#purgeLater(this.#undoMs + 2 * purgeMargin);
        })
        // The database is away: nobody knows what is left.
        .catch(() => this.#purgeLater(this.#undoMs + 2 * purgeMargin));
    }, milliseconds).unref();
  }

  async #makeThumbnail(photo: Photo, width: ThumbnailWidth, bytes?: Buffer): Promise<Buffer> {
    const key = `${photo.id} ${width}`;
    const running = this.#thumbnails.get(key);
    if (running !== undefined) return running;
    const making = this.#thumbnailOf(photo, width, bytes).finally(() => this.#thumbnails.delete(key));
    this.#thumbnails.set(key, making);
    return making;
  }

  async #thumbnailOf(photo: Photo, width: ThumbnailWidth, bytes?: Buffer): Promise<Buffer> {
    const original = bytes ?? (await this.#files.read(photo.fileName));
    const thumbnail = await smallJpeg(original, width).catch((error: unknown) => {
      throw new PortholeError('photo_damaged', { cause: error });
    });
    // A full disk keeps nobody from seeing it: then it is made again the next time.
    await this.#files.writeThumbnail(photo.fileName, width, thumbnail).catch((error: unknown) => {
      this.#log.warn({ err: error, photo: photo.id }, 'thumbnail could not be kept');
    });
    return thumbnail;
  }
}

/** The next part of a selection that has photos; null at its end. */
async function nextPhotos(parts: AsyncIterator<readonly Photo[], unknown>): Promise<readonly Photo[] | null> {
  for (;;) {
    const { done, value } = await parts.next();
    if (done === true) return null;
    if (value.length > 0) return value;
  }
}

async function* eachPhoto(first: readonly Photo[], rest: AsyncIterable<readonly Photo[]>): AsyncGenerator<Photo> {
  yield* first;
  for await (const photos of rest) yield* photos;
}
