import { PortholeError } from '../domain/errors.ts';
import { forbiddenInNames } from '../domain/name-characters.ts';
import { sentence } from '../messages/sentence.ts';

/** The longest name of a camera, in characters. */
export const longestCameraName = 60;

/**
 * The name as it is kept.
 *
 * @throws {PortholeError} `invalid_input` with the field `name`
 */
export function checkedCameraName(text: string): string {
  const name = text.trim().replace(/\s+/g, ' ');
  if (name === '' || [...name].length > longestCameraName || forbiddenInNames.test(name)) {
    throw new PortholeError('invalid_input', {
      message: sentence('settings_name_rule', { longest: longestCameraName }),
      field: 'name',
    });
  }
  return name;
}
