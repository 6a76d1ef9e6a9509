import type { FastifyReply, FastifyRequest } from 'fastify';
import { asPortholeError, type PortholeError } from '../../domain/errors.ts';
import { answerFor } from '../../http/errors.ts';
import type { App } from '../../http/kernel.ts';
import { queryValue } from '../../http/requests.ts';
import { IdParams } from '../../http/schemas.ts';
import { sendHead } from '../../http/send-head.ts';
import { bareShell } from '../../http/shell.ts';
import type { RouteConfig } from '../../http/security/policy.ts';
import type { SharedPhotoModel } from '../../pages/models.ts';
import { downloadHeader } from '../photo-file-routes.ts';
import type { Photos } from '../photos.ts';
import { linkKey } from './photo-links.ts';

const shared = (answers: RouteConfig['answers']): { readonly config: RouteConfig } => ({
  config: { policy: 'public', answers },
});

/**
 * One photo for anybody who has its link, and nothing else of the server: no sign-in, no cookies, no names. Revoking a
 * link takes effect at once, so nothing is kept by caches.
 */
export function registerShared(app: App, photos: Photos): void {
  const { pages, config } = app.kernel;
  const { secret } = config;
  const open = (request: FastifyRequest<{ Params: { id: string } }>) => {
    const link = { id: request.params.id, key: queryValue(request, 'key') ?? '', secret };
    return photos.links.open(link, (id) => photos.find(id, null));
  };

  app.get('/shared/:id', { ...shared('page'), schema: { params: IdParams } }, async (request, reply) => {
    const { id } = request.params;
    const opened = await open(request).catch((error: unknown) => asPortholeError(error));
    const base = { ...bareShell(request), version: '', problem: null };
    if (opened instanceof Error) return sendRefusal(opened, { ...base, photo: null }, reply);
    const key = linkKey(secret, id);
    const file = `/shared/${id}/file?key=${key}`;
    const { photo, expiresAt } = opened;
    return sendShared(
      reply.code(200),
      pages.sharedPhoto({ ...base, photo: { ...photo, takenBy: null, file, expiresAt } }),
    );
  });

  function sendRefusal(error: PortholeError, model: SharedPhotoModel, reply: FastifyReply): FastifyReply {
    const { status } = answerFor(error);
    return sendShared(reply.code(status), pages.sharedPhoto({ ...model, problem: error.toJSON() }));
  }

  for (const kind of ['file', 'thumbnail'] as const) {
    app.get(`/shared/:id/${kind}`, { ...shared('media'), schema: { params: IdParams } }, async (request, reply) => {
      reply.headers(kept);
      const { photo } = await open(request);
      reply.type('image/jpeg');
      if (kind === 'thumbnail') return reply.send(await photos.thumbnail(photo));
      const file = request.method === 'HEAD' ? null : await photos.openFile(photo);
      reply.header('content-length', file?.bytes ?? photo.bytes);
      if ('download' in (request.query as object)) reply.header('content-disposition', downloadHeader(photo));
      return file === null ? sendHead(reply) : reply.send(file.stream);
    });
  }
}

/** The address is the permission: it goes to no other site and into no search engine. */
const kept = { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'x-robots-tag': 'noindex' };

function sendShared(reply: FastifyReply, html: string): FastifyReply {
  return reply.headers(kept).type('text/html; charset=utf-8').send(html);
}
