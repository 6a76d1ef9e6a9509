import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, open, readdir, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { PortholeError } from '../domain/errors.ts';
import { hasCode, storageError } from './errors.ts';

/** Nobody but Porthole's own user looks into its data. */
export const folderMode = 0o700;
/** See {@link folderMode}. */
export const fileMode = 0o600;

/** The fewest characters of the secret. */
const shortestSecret = 32;

/** What Porthole has in its data folder, by the beginnings of the names, and those of a separate disk. */
const ownNames = /^(porthole\.db|secret|reserve|lock|cache|photos|thumbnails|lost-photos|lost\+found)/;

/**
 * Makes the data folder, or closes an existing one to other users. A folder that has other files as well, such as a home
 * folder, stays as it is: Porthole's own files are closed to others one by one.
 *
 * @returns a warning about the folder for admins, or null
 * @throws {PortholeError} `storage_failed`
 */
export async function prepareDataFolder(folder: string): Promise<string | null> {
  try {
    await mkdir(folder, { recursive: true, mode: folderMode });
    const { mode } = await stat(folder);
    if ((mode & 0o077) === 0) return null;
    const others = (await readdir(folder)).filter((name) => !ownNames.test(name));
    if (others.length === 0) {
      await chmod(folder, folderMode);
      return null;
    }
    if ((mode & 0o002) !== 0) {
      throw new PortholeError('storage_failed', {
        message:
          `Every user may write in ${folder}, and it has files that are not Porthole's. ` +
          `Choose a folder for Porthole alone, such as --data ${join(folder, 'porthole')}.`,
      });
    }
    return (
      `${folder} has files that are not Porthole's, such as ${others.sort()[0]}, and other users can list it. ` +
      `Porthole left its permissions as they are. A folder for Porthole alone is safer.`
    );
  } catch (error) {
    throw folderProblem(error, folder);
  }
}

/** Why a data folder can't be used. */
function folderProblem(error: unknown, folder: string): PortholeError {
  const refused = (message: string): PortholeError =>
    new PortholeError('storage_failed', {
      message: `The data folder cannot be written. ${message}`,
      ...(error instanceof Error ? { detail: error.message } : {}),
    });
  if (hasCode(error, 'EEXIST', 'ENOTDIR')) {
    return refused(`${folder} is not a folder, or is inside a file. Choose another with --data.`);
  }
  if (hasCode(error, 'EACCES', 'EPERM')) {
    return refused(`Porthole's user may not use ${folder}. Make that user its owner.`);
  }
  if (hasCode(error, 'EROFS')) return refused(`${folder} is on a disk that is read-only.`);
  return storageError(error);
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
  const refused = (what: string, cause?: unknown): PortholeError =>
    new PortholeError('storage_failed', {
      message: `${path} ${what}`,
      ...(cause instanceof Error ? { detail: cause.message, cause } : {}),
    });
  const advice = 'Delete it to get a new one; everybody then signs in again.';
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'EACCES', 'EPERM')) {
      throw refused("is Porthole's secret, and its user may not read it. Make that user its owner.", error);
    }
    if (hasCode(error, 'EISDIR')) throw refused('is a folder, and Porthole keeps its secret there. Move it away.');
    throw error;
  });
  const secret = text.trim();
  if (secret === '') throw refused(`is empty and should hold Porthole's secret. ${advice}`);
  if (secret.length < shortestSecret) {
    throw refused(`has ${secret.length} characters, and Porthole's secret has at least ${shortestSecret}. ${advice}`);
  }
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) {
    await chmod(path, fileMode).catch((error: unknown) => {
      throw refused(
        "can be read by other users, and Porthole may not change that. Make Porthole's user its owner.",
        error,
      );
    });
  }
  return secret;
}
