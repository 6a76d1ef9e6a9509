import { type Static, Type } from 'typebox';
import { PortholeError } from '../../domain/errors.ts';
import { sentence } from '../../messages/sentence.ts';

// Form fields are text; a repeated field is an array. Unknown fields are ignored.

/** A text field of a form. */
export const Field = Type.String({ maxLength: 2000 });
/** A field with ids, which may be repeated. */
export const Ids = Type.Union([
  Type.String({ maxLength: 100 }),
  Type.Array(Type.String({ maxLength: 100 }), { maxItems: 10_000 }),
]);
/** A form that sends a selection of ids. */
export const IdsForm = Type.Object({ ids: Type.Optional(Ids) });

/** The values of a field that may be repeated. */
export function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return (typeof value === 'string' ? [value] : value).filter((each) => each !== '');
}

/**
 * The ids that a form has selected.
 *
 * @throws {PortholeError} `invalid_input` for an empty selection.
 */
export function idsOf(form: Static<typeof IdsForm>): readonly string[] {
  const ids = listOf(form.ids);
  if (ids.length === 0)
    throw new PortholeError('invalid_input', { field: 'ids', message: sentence('photos_select_first') });
  return ids;
}
