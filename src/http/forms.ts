import { type Static, Type } from 'typebox';
import { PortholeError } from '../domain/errors.ts';
import type { Role } from '../domain/role.ts';
import { traitsOf } from '../domain/source-kinds.ts';
import { parseSource } from '../domain/source.ts';

// What forms carry: every value is text, a repeated field is a list. Unknown fields are ignored.

const Field = Type.String({ maxLength: 2000 });
const Ids = Type.Union([
  Type.String({ maxLength: 100 }),
  Type.Array(Type.String({ maxLength: 100 }), { maxItems: 10_000 }),
]);

/** A form without fields of its own: browsers send its token, programs nothing at all. */
export const EmptyForm = Type.Unknown();
/** Start, Stop, size and Capture. JSON may give a width as a number. */
export const WatchForm = Type.Object({
  camera: Type.Optional(Type.String({ maxLength: 60 })),
  width: Type.Optional(Type.Union([Type.String({ maxLength: 20 }), Type.Number()])),
});
/** Sign-in. */
export const LoginForm = Type.Object({
  username: Type.String({ maxLength: 200 }),
  password: Type.String({ maxLength: 1000 }),
  next: Type.Optional(Field),
});
/** Set-up. */
export const SetupForm = Type.Object({
  code: Type.String({ maxLength: 200 }),
  username: Type.String({ maxLength: 200 }),
  password: Type.String({ maxLength: 1000 }),
});
/** The other sites whose pages may read pictures, one a line. */
export const SitesForm = Type.Object({ origins: Type.Optional(Type.String({ maxLength: 10_000 })) });
/** Photos that were selected. */
export const IdsForm = Type.Object({ ids: Type.Optional(Ids) });
/** A camera, with a device's Mode beside its source. `photos` is there in the form of a device. */
export const CameraForm = Type.Object({
  photos: Type.Optional(Type.Union([Field, Type.Array(Field)])),
  name: Type.String({ maxLength: 200 }),
  source: Field,
  width: Type.Optional(Field),
  height: Type.Optional(Field),
  fps: Type.Optional(Field),
  format: Type.Optional(Field),
});
/** A source to try while a camera is added or changed. */
export const CameraTestForm = Type.Object({
  ...CameraForm.properties,
  name: Type.Optional(Type.String({ maxLength: 200 })),
  camera: Type.Optional(Type.String({ maxLength: 60 })),
});
/** The privacy switch. */
export const PowerForm = Type.Object({ on: Type.Union([Type.Literal('1'), Type.Literal('0')]) });
/** A user, new or changed. An empty password keeps the old one. */
export const UserForm = Type.Object({
  username: Type.Optional(Type.String({ maxLength: 200 })),
  password: Type.Optional(Type.String({ maxLength: 1000 })),
  role: Type.Optional(Field),
  cameras: Type.Optional(Ids),
});
/** One's own password. */
export const PasswordForm = Type.Object({
  current: Type.String({ maxLength: 1000 }),
  next: Type.String({ maxLength: 1000 }),
});
/** A token's name. */
export const TokenForm = Type.Object({ name: Type.String({ maxLength: 200 }) });

/** A repeated field as a list. */
export function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return (typeof value === 'string' ? [value] : value).filter((each) => each !== '');
}

/** The ids of a form, at least one. */
export function idsOf(form: Static<typeof IdsForm>): readonly string[] {
  const ids = listOf(form.ids);
  if (ids.length === 0) throw new PortholeError('invalid_input', { field: 'ids', message: 'Select a photo first.' });
  return ids;
}

/** A Role written in a form. */
export function roleOf(text: string | undefined): Role {
  if (text === 'viewer' || text === 'operator' || text === 'admin') return text;
  throw new PortholeError('invalid_input', { field: 'role', message: 'A role is viewer, operator or admin.' });
}

/** The source of a camera's form, with the chosen Mode as its options where the source has such. */
export function sourceOf(form: Omit<Static<typeof CameraForm>, 'name'>): string {
  const source = form.source.trim();
  const given = (['width', 'height', 'fps', 'format'] as const).filter((key) => (form[key] ?? '') !== '');
  if (given.length === 0) return source;
  if (!traitsOf(parseSource(source)).hasModeOptions) return source;
  const [base = source, query = ''] = source.split('?', 2);
  const options = new URLSearchParams(query);
  for (const key of given) options.set(key, form[key] ?? '');
  return `${base}?${options.toString()}`;
}
