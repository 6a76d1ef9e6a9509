import type { Static } from 'typebox';
import { PortholeError } from '../domain/errors.ts';
import { sentence } from '../messages/sentence.ts';
import type { AllowedCameras } from './photo-repository.ts';
import type { Changed, Restoring } from './photo-schemas.ts';
import { selectionOf, type PhotoChoice } from './photo-selection.ts';
import type { Photos } from './photos.ts';

/**
 * Deletes photos that a client has chosen.
 *
 * @throws {PortholeError} `invalid_input` for none.
 */
export async function deleteChosen(
  photos: Photos,
  choice: Static<typeof PhotoChoice>,
  cameras: AllowedCameras,
): Promise<Static<typeof Changed>> {
  const selection = selectionOf(choice);
  if (selection.spans.length > 0) return { ids: [], ...(await photos.deleteSelected(selection, cameras)) };
  const ids = await photos.delete(selection.ids, cameras);
  return { ids: [...ids], count: ids.length };
}

/**
 * Restores photos by their ids, or all of a deletion.
 *
 * @throws {PortholeError} `invalid_input` for none.
 */
export async function restoreChosen(
  photos: Photos,
  { ids = [], deletion }: Static<typeof Restoring>,
  cameras: AllowedCameras,
): Promise<Static<typeof Changed>> {
  if (deletion !== undefined) return { ids: [], count: await photos.undelete(deletion, cameras) };
  if (ids.length === 0) {
    throw new PortholeError('invalid_input', { field: 'ids', message: sentence('photos_restore_which') });
  }
  const restored = await photos.restore(ids, cameras);
  return { ids: [...restored], count: restored.length };
}
