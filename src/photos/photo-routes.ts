import type { App } from '../http/app-type.ts';
import { type Context, finishForm } from '../http/context.ts';
import { IdsForm, idsOf } from '../http/forms.ts';
import { media, page, principalOf } from '../http/policy.ts';
import { backFrom } from '../http/requests.ts';
import { IdParams } from '../http/schemas.ts';

/** Ten thousand ids fit. */
const idsLimit = 512 * 1024;

/** Photo files, and the forms of the gallery. */
export function registerPhotos(app: App, context: Context): void {
  registerFiles(app, context);
  const { photos } = context;

  app.post(
    '/photos/delete',
    { ...page('operator'), bodyLimit: idsLimit, schema: { body: IdsForm } },
    async (request, reply) => {
      const ids = await photos.delete(idsOf(request.body), principalOf(request).cameras);
      const text = ids.length === 1 ? 'Photo deleted.' : `${ids.length} photos deleted.`;
      return finishForm(context, request, reply, {
        to: backFrom(request, '/photos'),
        json: { ids },
        flash:
          ids.length === 0
            ? { kind: 'error', text: 'These photos are gone already.' }
            : { kind: 'done', text, undo: { action: '/photos/restore', ids } },
      });
    },
  );
  app.post(
    '/photos/restore',
    { ...page('operator'), bodyLimit: idsLimit, schema: { body: IdsForm } },
    async (request, reply) => {
      const ids = await photos.restore(idsOf(request.body), principalOf(request).cameras);
      const text = ids.length === 1 ? 'The photo is back.' : `${ids.length} photos are back.`;
      return finishForm(context, request, reply, {
        to: backFrom(request, '/photos'),
        json: { ids },
        flash:
          ids.length === 0
            ? { kind: 'error', text: 'It is too late to bring these photos back.' }
            : { kind: 'done', text },
      });
    },
  );
  app.post(
    '/photos/archive',
    { ...page('signedIn'), bodyLimit: idsLimit, schema: { body: IdsForm } },
    async (request, reply) => {
      const archive = await photos.archive(idsOf(request.body), principalOf(request).cameras);
      return reply
        .header('content-disposition', 'attachment; filename="porthole-photos.zip"')
        .header('cache-control', 'no-store')
        .type('application/zip')
        .send(archive);
    },
  );
}

function registerFiles(app: App, context: Context): void {
  const { photos } = context;
  // A photo never changes, so the browser may keep it, but only for the one who is signed in.
  const kept = { 'cache-control': 'private, max-age=86400', vary: 'Cookie, Authorization' };

  app.get(
    '/photos/:id/file',
    {
      ...media('signedIn'),
      schema: { tags: ['media'], summary: 'The JPEG of a photo; a download with ?download', params: IdParams },
    },
    async (request, reply) => {
      const photo = await photos.get(request.params.id, principalOf(request).cameras);
      const wantsDownload = 'download' in (request.query as object);
      reply.headers(kept).type('image/jpeg').header('content-length', photo.bytes);
      if (wantsDownload) reply.header('content-disposition', `attachment; filename="${quoted(photo.fileName)}"`);
      if (request.method === 'HEAD') return reply.send();
      const { stream, bytes } = await photos.openFile(photo);
      return reply.header('content-length', bytes).send(stream);
    },
  );
  app.get(
    '/photos/:id/thumbnail',
    {
      ...media('signedIn'),
      schema: { tags: ['media'], summary: 'A small JPEG of a photo', params: IdParams },
    },
    async (request, reply) => {
      const photo = await photos.get(request.params.id, principalOf(request).cameras);
      return reply
        .headers(kept)
        .type('image/jpeg')
        .send(await photos.thumbnail(photo));
    },
  );
}

/** File names come from the server; this only keeps a header from breaking should that ever change. */
function quoted(fileName: string): string {
  return fileName.replace(/[^\w.-]/g, '_');
}
