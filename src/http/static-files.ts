import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PortholeError } from '../domain/errors.ts';
import { acceptedCodings } from './accepted-codings.ts';
import type { App } from './kernel.ts';
import { languageFacts, languageOf } from './preferences/language.ts';
import { addVary } from './requests.ts';

const daySeconds = 86_400;
const config = { policy: 'public', answers: 'media', open: true } as const;

/** The types of the files that the build makes. A file of another type is not served. */
const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/** The codings of a file that the build makes, the smallest first, and what is added to its name. */
const codings = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

/** One built file, in memory. */
interface StaticFile {
  readonly type: string;
  readonly etag: string;
  readonly plain: Buffer;
  readonly coded: Readonly<Partial<Record<(typeof codings)[number][0], Buffer>>>;
}

/**
 * The built files of the pages. Those under `/assets` carry a hash in their names and never change. All are read at the
 * start, half a megabyte: so an answer costs no file descriptor and no memory of its own.
 */
export async function registerStaticFiles(app: App, folder: string): Promise<void> {
  const files = await readFiles(folder);
  const send = (request: FastifyRequest, reply: FastifyReply, name: string, days: number): FastifyReply => {
    const file = files.get(name);
    if (file === undefined) throw new PortholeError('not_found');
    // Pages of other sites may load the player. It contains no secrets, and needs a token to show anything.
    if (name.endsWith('.js')) reply.header('access-control-allow-origin', '*');
    reply.headers({
      'cache-control': `public, max-age=${days * daySeconds}${days > 1 ? ', immutable' : ''}`,
      'cross-origin-resource-policy': name.endsWith('.js') ? 'cross-origin' : 'same-origin',
      etag: file.etag,
    });
    addVary(reply, 'accept-encoding');
    const known = request.headers['if-none-match'];
    if (known !== undefined && (known.trim() === '*' || known.includes(file.etag))) return reply.code(304).send();
    reply.type(file.type);
    const accepted = acceptedCodings(request.headers['accept-encoding']);
    const coding = codings.find(([each]) => accepted.includes(each) && file.coded[each] !== undefined)?.[0];
    if (coding === undefined) return reply.send(file.plain);
    return reply.header('content-encoding', coding).send(file.coded[coding]);
  };

  for (const [place, days] of Object.entries({ assets: 365, icons: 1 })) {
    app.get<{ Params: { '*': string } }>(`/${place}/*`, { config }, (request, reply) =>
      send(request, reply, `${place}/${request.params['*']}`, days),
    );
  }
  for (const name of ['favicon.svg', 'manifest.webmanifest']) {
    app.get(`/${name}`, { config }, (request, reply) => send(request, reply, name, 1));
  }
  // The name stays the same while its content changes with each version, so browsers check it every time.
  app.get('/player.js', { config }, (request, reply) => {
    const language = languageOf(request);
    addVary(reply.header('content-language', language), languageFacts);
    return send(request, reply, `player.${language}.js`, 0);
  });
}

/** Reads every file of a folder. @returns files by their paths in the folder, with `/` between names */
async function readFiles(folder: string): Promise<ReadonlyMap<string, StaticFile>> {
  const names = await readdir(folder, { recursive: true });
  const known = new Set(names);
  const read = async (name: string): Promise<[string, StaticFile]> => {
    const plain = await readFile(join(folder, name));
    const made = codings.filter(([, suffix]) => known.has(name + suffix));
    const coded = made.map(async ([coding, suffix]) => [coding, await readFile(join(folder, name + suffix))]);
    return [
      name,
      {
        type: types[extname(name)] as string,
        etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
        plain,
        coded: Object.fromEntries(await Promise.all(coded)) as StaticFile['coded'],
      },
    ];
  };
  return new Map(await Promise.all(names.filter((name) => extname(name) in types).map(read)));
}
