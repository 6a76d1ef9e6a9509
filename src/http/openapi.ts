import { STATUS_CODES } from 'node:http';
import type { FastifySchema } from 'fastify';
import type { RouteConfig } from './security/policy.ts';
import { isSafe } from './requests.ts';
import { ErrorReply } from './schemas.ts';

/** The declaration of a route that OpenAPI describes. */
export interface DescribedRoute extends Partial<RouteConfig> {
  readonly method: string;
  readonly url: string;
}

type Responses = Readonly<Record<string, object>>;

/** Completes a route's schema with what follows from its policy: credentials and errors. */
export function describeRoute(
  schema: FastifySchema,
  route: DescribedRoute,
  access: 'private' | 'public',
): FastifySchema {
  const { body, consumes } = schema as { readonly body?: unknown; readonly consumes?: readonly string[] };
  // Bodies of other types than JSON are text that the route itself reads.
  const textBody = body === undefined && consumes !== undefined ? { body: { type: 'string' } } : {};
  const own = (schema.response ?? {}) as Responses;
  const response = Object.fromEntries(
    Object.entries({ ...own, ...errorsOf({ ...schema, ...textBody }, route) }).map(([status, reply]) => [
      status,
      { 'x-response-description': STATUS_CODES[status] ?? 'An error', ...reply },
    ]),
  );
  return { ...schema, ...textBody, response, security: securityOf(route, access) } as FastifySchema;
}

/** The statuses with which a route refuses requests. Any other error is covered by the ranges. */
function errorsOf(schema: FastifySchema, { policy, method, url, answers }: DescribedRoute): Responses {
  const isProtected = policy !== 'public';
  const hasInput = schema.body !== undefined || schema.querystring !== undefined || url.includes(':');
  const statuses: Readonly<Record<string, string | false>> = {
    400: hasInput && 'Something in the request is invalid',
    401: isProtected && 'Nobody is signed in, or the credentials are wrong',
    403:
      (!isSafe(method) || policy === 'operator' || policy === 'admin') && 'Not allowed for this user or from this page',
    404: url.includes(':') && 'It does not exist, or you may not see it',
    429: isProtected && 'Too many wrong passwords',
    '4xx': 'The request was refused',
    '5xx': 'The camera, the disk or Porthole failed',
  };
  const body = answers === 'media' ? textOrJson : {};
  return Object.fromEntries(
    Object.entries(statuses).flatMap(([status, description]) =>
      description === false ? [] : [[status, { ...ErrorReply, ...body, 'x-response-description': description }]],
    ),
  );
}

/** Media answer errors as a short text, or as JSON to clients that accept it. */
const textOrJson = {
  content: { 'application/json': { schema: ErrorReply }, 'text/plain': { schema: { type: 'string' } } },
};

/** The credentials that a route accepts. A cookie alone changes nothing; see `csrf.ts`. */
function securityOf({ policy, method, queryToken, asksFirst }: DescribedRoute, access: 'private' | 'public'): object[] {
  if (policy === 'public' || policy === 'setup') return [];
  const isOpen = access === 'public' && policy === 'viewer';
  const needsCsrf = !isSafe(method) && asksFirst !== true;
  return [
    { bearer: [] },
    { basic: [] },
    needsCsrf ? { session: [], csrf: [] } : { session: [] },
    ...(queryToken === true ? [{ token: [] }] : []),
    ...(isOpen ? [{}] : []),
  ];
}

interface Document {
  paths?: unknown;
  components?: { schemas?: Record<string, unknown> };
}

/**
 * Moves every schema with a title into `components.schemas`, and leaves a reference in its place.
 *
 * @throws {TypeError} if two schemas have one title.
 */
export function nameSchemas<T extends Document>(document: T): T {
  const schemas: Record<string, unknown> = {};
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    const walked = Object.fromEntries(Object.entries(value).map(([key, part]) => [key, walk(part)]));
    const { title } = walked;
    if (typeof title !== 'string') return walked;
    const known = schemas[title];
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(walked)) {
      throw new TypeError(`Two schemas have the title "${title}".`);
    }
    schemas[title] = walked;
    return { $ref: `#/components/schemas/${title}` };
  };
  const paths = walk(document.paths);
  return { ...document, paths, components: { ...document.components, schemas } };
}
