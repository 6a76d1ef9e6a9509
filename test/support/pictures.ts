import sharp from 'sharp';

/** The difference between two images. */
export interface PictureDifference {
  /** The share of pixels that differ visibly, from 0 to 1. */
  readonly changed: number;
  /** The mean difference of all channels, from 0 to 255. */
  readonly mean: number;
}

/** A region of an image, in pixels. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A channel that differs by more than this, of 255, has changed. Smaller differences may come from encoding. */
const visible = 24;

/**
 * Compares the pixels of two images (PNG or JPEG) of the same size.
 *
 * @param region the region to compare; everything if left out
 */
export async function comparePictures(first: Buffer, second: Buffer, region?: Region): Promise<PictureDifference> {
  const [a, b] = await Promise.all([pixelsOf(first, region), pixelsOf(second, region)]);
  if (a.width !== b.width || a.height !== b.height) {
    throw new TypeError(`images of ${a.width}×${a.height} and ${b.width}×${b.height} cannot be compared`);
  }
  let changed = 0;
  let sum = 0;
  for (let at = 0; at < a.data.length; at += 3) {
    const red = Math.abs(a.data[at]! - b.data[at]!);
    const green = Math.abs(a.data[at + 1]! - b.data[at + 1]!);
    const blue = Math.abs(a.data[at + 2]! - b.data[at + 2]!);
    sum += red + green + blue;
    if (Math.max(red, green, blue) > visible) changed += 1;
  }
  return { changed: changed / (a.width * a.height), mean: sum / a.data.length };
}

async function pixelsOf(picture: Buffer, region?: Region): Promise<{ data: Buffer; width: number; height: number }> {
  const image = sharp(picture).flatten({ background: 'black' }).toColourspace('srgb');
  const { data, info } = await (region === undefined ? image : image.extract(region))
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new TypeError(`expected 3 channels, found ${info.channels}`);
  return { data, width: info.width, height: info.height };
}
