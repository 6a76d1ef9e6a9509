import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { linkDays, type PhotoLink } from '../../domain/photo-link.ts';
import { sentence } from '../../messages/sentence.ts';
import { finishForm } from '../../http/forms/form-answers.ts';
import type { App } from '../../http/kernel.ts';
import { backFrom } from '../../http/requests.ts';
import { IdParams, millis, NoContent, replies } from '../../http/schemas.ts';
import { api, page, principalOf } from '../../http/security/policy.ts';
import type { Photos } from '../photos.ts';
import { linkPath } from './photo-links.ts';

const tags = ['photos'];
const LinkParams = Type.Object({ ...IdParams.properties, link: Type.String({ maxLength: 100 }) });
const Days = Type.Union(
  linkDays.map((days) => Type.Literal(days)),
  { description: 'How long the link works, in days' },
);
const LinkSchema = Type.Object(
  {
    id: Type.String(),
    photoId: Type.String(),
    path: Type.String({ description: 'The address on this server. Anybody who has it sees the photo' }),
    createdBy: Type.String(),
    createdAt: millis('When it was created'),
    expiresAt: millis('When it ends'),
  },
  { title: 'PhotoLink' },
);
const LinkForm = Type.Object({ days: Type.Optional(Type.String({ pattern: `^(${linkDays.join('|')})$` })) });

/** Links to photos, for people who may see the photos: the API and the forms of the photo page. */
export function registerLinks(app: App, photos: Photos): void {
  const { secret } = app.kernel.config;
  const withPath = (link: PhotoLink) => ({ ...link, path: linkPath(secret, link.id) });
  const photoOf = (request: FastifyRequest, id: string) => photos.get(id, principalOf(request).cameras);

  app.get(
    '/api/photos/:id/links',
    {
      ...api('signedIn'),
      schema: {
        tags,
        operationId: 'listPhotoLinks',
        summary: 'List the links to a photo that work',
        params: IdParams,
        response: replies({ 200: Type.Array(LinkSchema) }),
      },
    },
    async (request, reply) => {
      const photo = await photoOf(request, request.params.id);
      return reply.send((await photos.links.list(photo, principalOf(request))).map(withPath));
    },
  );
  app.post(
    '/api/photos/:id/links',
    {
      ...api('signedIn'),
      schema: {
        tags,
        operationId: 'createPhotoLink',
        summary: 'Create a link that shows a photo to anybody',
        params: IdParams,
        body: Type.Object({ days: Days }, { title: 'NewPhotoLink' }),
        response: replies({ 201: LinkSchema }),
      },
    },
    async (request, reply) => {
      const photo = await photoOf(request, request.params.id);
      return reply.code(201).send(withPath(await photos.links.create(photo, request.body.days, principalOf(request))));
    },
  );
  app.delete(
    '/api/photos/:id/links/:link',
    {
      ...api('signedIn'),
      schema: {
        tags,
        operationId: 'revokePhotoLink',
        summary: 'Revoke a link to a photo',
        params: LinkParams,
        response: replies({ 204: NoContent }),
      },
    },
    async (request, reply) => {
      const photo = await photoOf(request, request.params.id);
      await photos.links.revoke(photo, request.params.link, principalOf(request));
      return reply.code(204).send();
    },
  );
  app.post(
    '/photos/:id/links',
    { ...page('signedIn'), schema: { params: IdParams, body: LinkForm } },
    async (request, reply) => {
      const photo = await photoOf(request, request.params.id);
      const link = await photos.links.create(photo, Number(request.body.days ?? 7), principalOf(request));
      return finishForm(request, reply, {
        to: sharing(backFrom(request, `/photos/${photo.id}`)),
        json: withPath(link),
        status: 201,
        flash: { kind: 'done', text: sentence('photos_link_created') },
      });
    },
  );
  app.post(
    '/photos/:id/links/:link/revoke',
    { ...page('signedIn'), schema: { params: LinkParams } },
    async (request, reply) => {
      const photo = await photoOf(request, request.params.id);
      await photos.links.revoke(photo, request.params.link, principalOf(request));
      return finishForm(request, reply, {
        to: sharing(backFrom(request, `/photos/${photo.id}`)),
        json: {},
        flash: { kind: 'done', text: sentence('photos_link_revoked') },
      });
    },
  );
}

/** The same page, with the panel Share open. */
function sharing(path: string): string {
  const url = new URL(path, 'http://here.invalid');
  url.searchParams.set('share', '');
  return `${url.pathname}${url.search}#share`;
}
