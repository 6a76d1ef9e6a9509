import fastifyStatic from '@fastify/static';
import { join } from 'node:path';
import type { FastifyReply } from 'fastify';
import type { App } from './app-type.ts';

const dayMs = 86_400_000;
const config = { policy: 'public', answers: 'media', open: true } as const;

/** The built files of the pages. Those under `/assets` carry a hash in their names and never change. */
export async function registerStaticFiles(app: App, folder: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: folder,
    serve: false,
    dotfiles: 'ignore',
    index: false,
    preCompressed: true,
  });
  const send = (reply: FastifyReply, file: string, days: number): FastifyReply =>
    reply
      .header('cross-origin-resource-policy', 'same-origin')
      .sendFile(file, folder, { maxAge: days * dayMs, immutable: days > 1 });

  app.get<{ Params: { '*': string } }>('/assets/*', { config }, (request, reply) =>
    send(reply, join('assets', join('/', request.params['*'])), 365),
  );
  app.get<{ Params: { '*': string } }>('/icons/*', { config }, (request, reply) =>
    send(reply, join('icons', join('/', request.params['*'])), 1),
  );
  for (const file of ['favicon.svg', 'manifest.webmanifest']) {
    app.get(`/${file}`, { config }, (_request, reply) => send(reply, file, 1));
  }
}
