import { PortholeError } from '../domain/errors.ts';
import { sentence } from '../messages/sentence.ts';

/** The longest name of a camera, in characters. */
export const longestCameraName = 60;

/** Control characters, and those that change the direction of the text after them. */
const forbidden = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;

/**
 * The name as it is kept.
 *
 * @throws {PortholeError} `invalid_input` with the field `name`
 */
export function checkedCameraName(text: string): string {
  const name = text.trim().replace(/\s+/g, ' ');
  if (name === '' || [...name].length > longestCameraName || forbidden.test(name)) {
    throw new PortholeError('invalid_input', {
      message: sentence('settings_name_rule', { longest: longestCameraName }),
      field: 'name',
    });
  }
  return name;
}
