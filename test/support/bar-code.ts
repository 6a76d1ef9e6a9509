import sharp from 'sharp';

/** The thresholds of black and white, from 0 to 255. A cell in between makes the code unreadable. */
const darkest = 90;
const brightest = 166;

/**
 * Reads the number of a frame of the test pattern from its bar code (see src/capture/sources/pattern-painter.ts).
 *
 * @param jpeg the frame, in any size
 * @param source the size of the pattern, in pixels
 * @returns null if no code can be read, as in a placeholder frame
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
