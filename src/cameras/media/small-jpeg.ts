import type sharpModule from 'sharp';

type Sharp = typeof sharpModule;

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

let loading: Promise<Sharp> | undefined;

/** libvips is loaded with the first JPEG, not with the server. */
function loadSharp(): Promise<Sharp> {
  loading ??= import('sharp').then(({ default: sharp }) => {
    // The cores belong to the cameras, and no picture is asked for twice.
    sharp.concurrency(1);
    sharp.cache(false);
    return sharp;
  });
  return loading;
}
