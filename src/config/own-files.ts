import type { Config } from './config.ts';

/** The server's own files and folders, with secrets that nothing else needs: the data folder, and the key for HTTPS. */
export function ownFiles({ data, tls }: Pick<Config, 'data' | 'tls'>): readonly string[] {
  return tls === null ? [data] : [data, tls.key];
}
