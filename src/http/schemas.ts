import { type TSchema, Type } from 'typebox';
import { problemCodes } from '../domain/errors.ts';

/**
 * Responses by status code; the errors follow from the route's policy. They describe only: services return nothing secret,
 * so nothing is filtered out.
 */
export function replies(schemas: Readonly<Record<number, TSchema>>): Record<string, TSchema> {
  return schemas;
}

/** The response of a route that sends media of this type. The errors follow from its policy. */
export function mediaReplies(contentType: string, status = 200): Record<string, object> {
  const isText = contentType.startsWith('application/');
  const schema = Type.String(isText ? {} : { format: 'binary' });
  return { [status]: { content: { [contentType]: { schema } } } };
}

/** A string of limited length. */
export const text = (description: string, maxLength = 200): Type.TString => Type.String({ description, maxLength });
/** A time. */
export const millis = (description: string): Type.TNumber =>
  Type.Number({ description: `${description}, milliseconds since the epoch` });
/** A number of things. */
export const count = (description: string): Type.TInteger => Type.Integer({ minimum: 0, description });

/** What went wrong. */
export const ProblemSchema = Type.Object(
  {
    code: Type.String({ description: 'Stable; see docs/errors.md', enum: [...problemCodes] }),
    message: Type.String({ description: 'What happened and what to do, for people' }),
    field: Type.Optional(Type.String({ description: 'Which input is wrong' })),
    detail: Type.Optional(Type.String({ description: 'A technical detail' })),
  },
  { title: 'Problem' },
);
/** The body of every error. */
export const ErrorReply = Type.Object({ error: ProblemSchema }, { title: 'Error', description: 'What went wrong' });
/** An empty response. */
export const NoContent = Type.Null({ description: 'Done' });

/** `:id` in a URL. */
export const IdParams = Type.Object({ id: Type.String({ description: 'An opaque id', maxLength: 100 }) });

/** What a user may do. */
export const RoleSchema = Type.Union([Type.Literal('viewer'), Type.Literal('operator'), Type.Literal('admin')], {
  title: 'Role',
});
/** Who makes the request. */
export const MeSchema = Type.Object(
  {
    username: Type.Union([Type.String(), Type.Null()]),
    role: RoleSchema,
    csrfToken: Type.Union([Type.String(), Type.Null()], {
      description: 'For the header x-csrf-token; null for tokens, which need none',
    }),
  },
  { title: 'Me' },
);
