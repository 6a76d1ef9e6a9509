import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { Logger } from 'pino';
import ZipStream from 'zip-stream';
import type { Photo } from '../domain/photo.ts';

/** What reads a whole photo. */
interface PhotoReader {
  read(fileName: string): Promise<Buffer>;
}

/** Photos, all at once or as they are read. */
type Photos = Iterable<Photo> | AsyncIterable<Photo>;

/**
 * A ZIP of photos, stored as they are (JPEG does not get smaller), made at the pace of its reader with one photo in
 * memory. A photo whose file is gone is left out.
 */
export function photoArchive(photos: Photos, files: PhotoReader, log: Logger): Readable {
  const zip = new ZipStream({ store: true, forceLocalTime: true });
  void fill(zip, photos, files, log).catch((error: unknown) => {
    zip.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  return zip;
}

async function fill(zip: ZipStream, photos: Photos, files: PhotoReader, log: Logger): Promise<void> {
  const gone = new AbortController();
  zip.once('close', () => gone.abort());
  try {
    for await (const photo of photos) {
      const bytes = await files.read(photo.fileName).catch((error: unknown) => {
        log.warn({ err: error, photo: photo.id }, 'a photo is missing in an archive');
        return null;
      });
      if (gone.signal.aborted) return;
      if (bytes === null) continue;
      // A whole buffer, not a stream: then sizes and checksum stand before the data, which every unpacker reads.
      await new Promise<void>((resolve, reject) => {
        zip.entry(bytes, { name: photo.fileName, date: new Date(photo.takenAt), mode: 0o644 }, (error) => {
          if (error) reject(error);
          else resolve();
        });
      });
      if (zip.writableNeedDrain) await once(zip, 'drain', { signal: gone.signal });
    }
    zip.finalize();
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  }
}
