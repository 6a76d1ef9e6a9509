import { loadSharp } from './image-library.ts';

/**
 * Scales a JPEG down: upright, at most this wide, without metadata.
 *
 * @param jpeg a whole JPEG
 * @param width pixels
 * @returns a whole JPEG
 */
export async function smallJpeg(jpeg: Uint8Array, width: number): Promise<Buffer> {
  const sharp = await loadSharp();
  return sharp(jpeg, { failOn: 'none', limitInputPixels: 100_000_000 })
    .autoOrient()
    .resize({ width, withoutEnlargement: true })
    .jpeg({ quality: 78, mozjpeg: false })
    .toBuffer();
}
