import { adminPassword } from '../support/server.ts';
import type { Json, Random } from './random.ts';
import { type Attack, canary, people, type Target } from './target.ts';

/** A JSON Schema, as far as the OpenAPI document uses it. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: Json;
  readonly enum?: readonly Json[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema?: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> };
}

/** Cameras that attacks have added are removed beyond this number. */
const mostCameras = 6;
/** These cost a password hash each, which takes other people's time. */
const isCostly = /password|\/users$/;

/** Calls of every operation in the OpenAPI document, with bodies from its schemas that are then changed. */
export async function apiCalls(target: Target): Promise<Attack> {
  const document = (await (
    await fetch(`${target.server.url}/api/openapi.json`, { headers: target.headersOf('admin') })
  ).json()) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Omit<Operation, 'method' | 'path'>>>>>;
    readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
  };
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Operation => ({
      ...operation,
      method: method.toUpperCase(),
      path,
    })),
  );
  if (operations.length < 30) throw new Error(`the document has only ${operations.length} operations`);
  const schemas = new Values(document.components?.schemas ?? {}, target);
  let ids = await idsOf(target);
  let steps = 0;
  return {
    name: 'API calls',
    async step(step) {
      const { random } = step;
      steps += 1;
      if (steps % 40 === 0) {
        await target.renewTokens();
        ids = await idsOf(target);
        await removeCameras(target, ids.cameras);
      }
      const operation = random.pick(operations);
      if (isCostly.test(operation.path) && operation.method === 'POST' && !random.chance(0.05)) return;
      const person = random.pick(people);
      const path = pathOf(random, operation, ids);
      const harms = operation.method !== 'GET' && target.keeps(path);
      if (harms || (operation.path === '/api/sessions/{id}' && operation.method === 'DELETE')) return;
      const init: RequestInit & { headers: Record<string, string>; body?: string } = {
        method: operation.method,
        headers: {
          ...target.headersOf(person),
          ...(random.chance(0.2) ? { accept: random.pick(['text/html', '*/*']) } : {}),
        },
      };
      const [[type, { schema }] = ['application/json', {}]] = Object.entries(operation.requestBody?.content ?? {});
      if (operation.method !== 'GET') {
        init.headers['content-type'] = random.chance(0.95)
          ? type
          : random.pick(['text/plain', 'application/json;charset=x']);
        init.body = bodyOf(random, schemas, schema, ids);
      }
      step.note(`${person}: ${operation.method} ${path} ${init.body ?? ''}`);
      await target.request(path, init, step);
    },
  };
}

interface Ids {
  readonly cameras: readonly string[];
  readonly photos: readonly string[];
  readonly users: readonly string[];
}

async function idsOf(target: Target): Promise<Ids> {
  const list = async (path: string): Promise<readonly { readonly id: string }[]> => {
    const response = await fetch(target.server.url + path, { headers: target.headersOf('admin') });
    const found = (await response.json()) as unknown;
    if (Array.isArray(found)) return found as { id: string }[];
    return (Object.values(found as object).find(Array.isArray) ?? []) as { id: string }[];
  };
  return {
    cameras: (await list('/api/cameras')).map(({ id }) => id).filter((id) => id !== canary),
    photos: (await list('/api/photos')).map(({ id }) => id),
    users: (await list('/api/users')).map(({ id }) => id).filter((id) => !target.keeps(id)),
  };
}

async function removeCameras(target: Target, cameras: readonly string[]): Promise<void> {
  for (const id of cameras.filter((each) => each !== 'front').slice(mostCameras)) {
    await fetch(`${target.server.url}/api/cameras/${encodeURIComponent(id)}`, {
      method: 'DELETE',
      headers: target.headersOf('admin'),
    });
  }
}

function pathOf(random: Random, { path, parameters = [] }: Operation, ids: Ids): string {
  const value = (): string => encodeURIComponent(random.text().toWellFormed());
  const known = path.includes('photos') ? ids.photos : path.includes('users') ? ids.users : ids.cameras;
  const filled = path.replace(/\{(\w+)\}/g, () => {
    if (path.startsWith('/cameras/') && random.chance(0.5)) return 'front';
    return known.length > 0 && random.chance(0.8) ? encodeURIComponent(random.pick(known)) : value();
  });
  const query = random
    .some(parameters.filter((each) => each.in === 'query'))
    .map(({ name }) => `${name}=${random.chance(0.3) ? random.pick(['source', '64', '320', 'jpeg', '2']) : value()}`);
  return query.length === 0 ? filled : `${filled}?${query.join('&')}`;
}

function bodyOf(random: Random, schemas: Values, schema: Schema | undefined, ids: Ids): string {
  if (random.chance(0.03)) return random.text();
  const value = schema === undefined || random.chance(0.1) ? random.json() : schemas.of(random, schema, ids);
  const text = JSON.stringify(random.chance(0.6) ? random.mutateJson(value) : value);
  return random.chance(0.03) ? random.mutate(Buffer.from(text)).toString('latin1') : text;
}

/** Values that fit a schema, mostly. */
class Values {
  readonly #schemas: Readonly<Record<string, Schema>>;
  readonly #target: Target;

  constructor(schemas: Readonly<Record<string, Schema>>, target: Target) {
    this.#schemas = schemas;
    this.#target = target;
  }

  of(random: Random, schema: Schema, ids: Ids, name = '', depth = 0): Json {
    if (depth > 8) return null;
    const reference = schema.$ref?.split('/').at(-1);
    if (reference !== undefined) return this.of(random, this.#schemas[reference] ?? {}, ids, name, depth + 1);
    if (schema.const !== undefined) return schema.const;
    if (schema.enum !== undefined) return random.pick(schema.enum);
    if (schema.anyOf !== undefined) return this.of(random, random.pick(schema.anyOf), ids, name, depth + 1);
    const type = typeof schema.type === 'string' ? schema.type : random.pick(schema.type ?? ['object']);
    switch (type) {
      case 'string':
        return this.#text(random, ids, name);
      case 'number':
      case 'integer': {
        const { minimum = 0, maximum = 2_000 } = schema;
        return random.chance(0.7) ? minimum + random.below(Math.max(1, maximum - minimum)) : random.finite();
      }
      case 'boolean':
        return random.chance(0.5);
      case 'null':
        return null;
      case 'array':
        return random.many(4, () => this.of(random, schema.items ?? {}, ids, name, depth + 1));
      default: {
        const { properties = {}, required = [] } = schema;
        const chosen = Object.entries(properties).filter(([each]) => required.includes(each) || random.chance(0.5));
        return Object.fromEntries(chosen.map(([each, of]) => [each, this.of(random, of, ids, each, depth + 1)]));
      }
    }
  }

  #text(random: Random, ids: Ids, name: string): string {
    if (random.chance(0.15)) return random.text();
    const { cameras } = this.#target;
    switch (name) {
      case 'source':
        return random.pick([
          cameras.url('http', `api-${random.below(1_000)}`),
          cameras.url('rtsp', `api-${random.below(1_000)}`),
          `test:?width=${random.number()}&height=${random.number()}&fps=${random.number()}`,
          'test:?width=320&height=240&fps=10',
          '/dev/video99',
          'file:/etc/passwd',
          `http://user:${random.text()}@127.0.0.1:1/${random.text()}`,
        ]);
      case 'ids':
      case 'id':
      case 'cameras':
        return random.pick([...ids.cameras, ...ids.photos, ...ids.users, 'front']);
      case 'password':
      case 'newPassword':
        return adminPassword + String(random.below(3));
      default:
        return `${name} ${random.below(1_000)}`;
    }
  }
}
