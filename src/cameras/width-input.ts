import { PortholeError } from '../domain/errors.ts';
import { sentence } from '../messages/sentence.ts';

const range = [16, 7680] as const;

/**
 * Parses a width from a URL or a form: pixels, or `source`. Returns undefined if there is none.
 *
 * @throws {PortholeError} `invalid_input` for the field `width`.
 */
export function parseWidth(text: string | number | undefined): number | 'source' | undefined {
  if (text === undefined || text === '') return undefined;
  if (text === 'source') return 'source';
  const width = typeof text === 'number' || /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  const [least, most] = range;
  if (Number.isInteger(width) && width >= least && width <= most) return width;
  throw new PortholeError('invalid_input', {
    field: 'width',
    message: sentence('camera_width', { least, most }),
  });
}
