import sharp from 'sharp';

/** What separates black from white among 0 to 255; a cell in between is neither, so the code cannot be read. */
const darkest = 90;
const brightest = 166;

/**
 * Reads the number of a picture of the test pattern off its bar code (see src/capture/sources/pattern-painter.ts).
 *
 * @param jpeg the picture, in any size
 * @param source the size in which the pattern was painted, in pixels
 * @returns null if there is no readable code, as on a notice.
 */
export async function readBarCode(
  jpeg: Buffer,
  source: { readonly width: number; readonly height: number },
): Promise<number | null> {
  const { data, info } = await sharp(jpeg).greyscale().raw().toBuffer({ resolveWithObject: true });
  const cell = Math.floor(source.width / 36);
  const height = Math.max(cell, Math.floor(source.height / 12));
  const row = Math.floor(((source.height - height / 2) * info.height) / source.height);
  let bits = '';
  for (let index = 0; index < 36; index += 1) {
    const column = Math.floor(((index + 0.5) * cell * info.width) / source.width);
    const grey = data[(row * info.width + column) * info.channels] ?? 0;
    if (grey > darkest && grey < brightest) return null;
    bits += grey >= brightest ? '1' : '0';
  }
  const number = /^10([01]{32})10$/.exec(bits)?.[1];
  return number === undefined ? null : Number.parseInt(number, 2);
}
