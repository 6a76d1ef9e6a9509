import type sharpModule from 'sharp';

type Sharp = typeof sharpModule;

/** The widest a thumbnail gets, in pixels. */
export const thumbnailWidth = 480;

/**
 * Makes a thumbnail: upright, at most {@link thumbnailWidth} wide, without metadata.
 *
 * @param photo a whole JPEG
 * @returns a whole JPEG
 */
export async function makeThumbnail(photo: Buffer): Promise<Buffer> {
  const sharp = await loadSharp();
  return sharp(photo, { failOn: 'none', limitInputPixels: 100_000_000 })
    .autoOrient()
    .resize({ width: thumbnailWidth, withoutEnlargement: true })
    .jpeg({ quality: 78, mozjpeg: false })
    .toBuffer();
}

let loading: Promise<Sharp> | undefined;

/** libvips is loaded with the first thumbnail, not with the server. */
function loadSharp(): Promise<Sharp> {
  loading ??= import('sharp').then(({ default: sharp }) => {
    // The cores belong to the cameras, and no picture is asked for twice.
    sharp.concurrency(1);
    sharp.cache(false);
    return sharp;
  });
  return loading;
}
