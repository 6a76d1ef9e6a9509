import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { type CameraAddress, splitLogin } from '../../domain/cameras/camera-address.ts';
import { traitsOf } from '../../domain/cameras/source-kinds.ts';
import { parseSource } from '../../domain/cameras/source.ts';
import { Field } from '../../http/forms/forms.ts';
import { principalOf } from '../../http/security/policy.ts';
import type { CameraValues } from '../../pages/models.ts';
import type { KeptPasswords } from './kept-passwords.ts';

const short = Type.Optional(Type.String({ maxLength: 200 }));

/** The fields of a source: an address in parts, with the device mode chosen for it. */
export const SourceFields = {
  source: Field,
  maker: short,
  path: Type.Optional(Type.String({ maxLength: 1000 })),
  user: short,
  password: Type.Optional(Type.String({ maxLength: 1000 })),
  /** The id of a password that was entered before: see {@link KeptPasswords}. */
  kept: short,
  /** The address of a second, smaller stream of the camera, or its path. */
  substream: Type.Optional(Type.String({ maxLength: 2000 })),
  width: Type.Optional(Field),
  height: Type.Optional(Field),
  fps: Type.Optional(Field),
  format: Type.Optional(Field),
};
/** {@link SourceFields} as sent. */
export type SourceForm = Static<Type.TObject<typeof SourceFields>>;

/** The address that a form means. A login within its source is taken out of it, so that the page can show the rest. */
export function enteredAddress(request: FastifyRequest, form: SourceForm, passwords: KeptPasswords): CameraAddress {
  const { maker = '', path = '', user = '', password = '', kept = '' } = form;
  const source = sourceOf(form);
  const split = user === '' ? splitLogin(source) : null;
  const entered = password === '' && kept !== '' ? passwords.find(principalOf(request).grant, kept) : password;
  return { source, maker, path, user, password: entered, ...split };
}

/** The values of a form with this address, without its password. */
export function shownAddress(
  request: FastifyRequest,
  { source, maker = '', path = '', user = '', password = '' }: CameraAddress,
  passwords: KeptPasswords,
): Omit<CameraValues, 'name'> {
  return { source, maker, path, user, kept: passwords.keep(principalOf(request).grant, password) };
}

/** The source of a camera's form, with the chosen mode as options if the source takes them. */
export function sourceOf(form: Pick<SourceForm, 'source' | 'width' | 'height' | 'fps' | 'format'>): string {
  const source = form.source.trim();
  // Empty, it stays as it is stored.
  if (source === '') return source;
  const given = (['width', 'height', 'fps', 'format'] as const).filter((key) => (form[key] ?? '') !== '');
  if (given.length === 0) return source;
  if (!traitsOf(parseSource(source)).hasModeOptions) return source;
  const [base = source, query = ''] = source.split('?', 2);
  const options = new URLSearchParams(query);
  for (const key of given) options.set(key, form[key] ?? '');
  return `${base}?${options.toString()}`;
}
