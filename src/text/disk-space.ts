import type { DiskSpace } from '../domain/photo.ts';
import { bytesWord } from './words.ts';

/** The room for photos, in a sentence. */
export function spaceWord({ free, reserve }: DiskSpace): string {
  if (free > reserve)
    return `Room for ${bytesWord(free - reserve)} more. Photos leave ${bytesWord(reserve)} of the disk free.`;
  return (
    `No room for photos: the disk has ${bytesWord(free)} left, and photos leave ${bytesWord(reserve)} free. ` +
    'Delete photos or free some space.'
  );
}
