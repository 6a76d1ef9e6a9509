import { m } from '#messages';
import type { DiskSpace } from '../domain/photo.ts';
import { bytesWord } from './words.ts';

/** The room for photos, in a sentence. */
export function spaceWord({ free, reserve }: DiskSpace): string {
  return free > reserve
    ? m.photos_space({ room: bytesWord(free - reserve), reserve: bytesWord(reserve) })
    : m.photos_space_none({ free: bytesWord(free), reserve: bytesWord(reserve) });
}
