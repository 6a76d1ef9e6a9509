import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode, storageError } from './errors.ts';

/** Nobody but Porthole's own user looks into its data. */
export const folderMode = 0o700;
/** See {@link folderMode}. */
export const fileMode = 0o600;

/** Makes the data folder, or closes an existing one to other users. */
export async function prepareDataFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: folderMode });
    const { mode } = await stat(folder);
    if ((mode & 0o077) !== 0) await chmod(folder, folderMode);
  } catch (error) {
    throw storageError(error);
  }
}

/**
 * The key that signs session cookies: 32 random bytes in base64, made at the first start and kept in the data folder as
 * `secret`. Several processes that start at once get the same one.
 */
export async function loadSecret(folder: string): Promise<string> {
  const path = join(folder, 'secret');
  try {
    return await readSecret(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw storageError(error);
  }
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(draft, 'wx', fileMode);
    try {
      await file.writeFile(randomBytes(32).toString('base64'));
      await file.sync();
    } finally {
      await file.close();
    }
    // link() never replaces a file, so the first process makes the secret.
    await link(draft, path).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error;
    });
    return await readSecret(path);
  } catch (error) {
    throw storageError(error);
  } finally {
    await unlink(draft).catch(() => {});
  }
}

async function readSecret(path: string): Promise<string> {
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) await chmod(path, fileMode);
  const secret = (await readFile(path, 'utf8')).trim();
  if (secret.length < 32)
    throw new Error(`${path} is too short to be Porthole's secret. Delete it; everybody then signs in again.`);
  return secret;
}
