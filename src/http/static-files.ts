import fastifyStatic from '@fastify/static';
import type { FastifyReply } from 'fastify';
import { PortholeError } from '../domain/errors.ts';
import type { App } from './kernel.ts';

const dayMs = 86_400_000;
const config = { policy: 'public', answers: 'media', open: true } as const;

/** Names of built files: no hidden files, no `..`. */
const builtName = /^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/;

/** The built files of the pages. Those under `/assets` carry a hash in their names and never change. */
export async function registerStaticFiles(app: App, folder: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: folder,
    serve: false,
    dotfiles: 'ignore',
    index: false,
    preCompressed: true,
  });
  const send = (reply: FastifyReply, file: string, days: number): FastifyReply => {
    if (!builtName.test(file)) throw new PortholeError('not_found');
    // Pages of other sites may load the player. It contains no secrets, and needs a token to show anything.
    if (file.endsWith('.js')) reply.header('access-control-allow-origin', '*');
    return reply
      .header('cross-origin-resource-policy', file.endsWith('.js') ? 'cross-origin' : 'same-origin')
      .sendFile(file, folder, { maxAge: days * dayMs, immutable: days > 1 });
  };

  app.get<{ Params: { '*': string } }>('/assets/*', { config }, (request, reply) =>
    send(reply, `assets/${request.params['*']}`, 365),
  );
  app.get<{ Params: { '*': string } }>('/icons/*', { config }, (request, reply) =>
    send(reply, `icons/${request.params['*']}`, 1),
  );
  for (const file of ['favicon.svg', 'manifest.webmanifest']) {
    app.get(`/${file}`, { config }, (_request, reply) => send(reply, file, 1));
  }
  // The name stays the same while its content changes with each version, so browsers check it every time.
  app.get('/player.js', { config }, (_request, reply) => send(reply, 'player.js', 0));
}
