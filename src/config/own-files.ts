import { join } from 'node:path';
import type { Config } from './config.ts';

/** The entries of the data folder that only the server reads; other files may lie next to it. */
const names = ['porthole.db', 'porthole.db-wal', 'porthole.db-shm', 'secret', 'photos', 'thumbnails', 'lost-photos'];

/** The server's own files and folders: the database, the photos, and the key for HTTPS. */
export function ownFiles({ data, tls }: Pick<Config, 'data' | 'tls'>): readonly string[] {
  return [...names.map((name) => join(data, name)), ...(tls === null ? [] : [tls.key])];
}
