import { Type } from 'typebox';
import type { Photo } from '../domain/photo.ts';
import type { App } from '../http/kernel.ts';
import { media, principalOf } from '../http/security/policy.ts';
import { sendHead } from '../http/send-head.ts';
import { IdParams, mediaReplies } from '../http/schemas.ts';
import type { Photos } from './photos.ts';

const ThumbnailQuery = Type.Object({
  width: Type.Optional(
    Type.Integer({
      minimum: 1,
      description: 'How wide it has to be, in pixels: 240 wide is the narrowest, 480 the widest.',
    }),
  ),
});

/** The files of photos. */
export function registerPhotoFiles(app: App, photos: Photos): void {
  // A photo never changes, so the browser may cache it, but only for the signed-in person.
  const cached = { 'cache-control': 'private, max-age=86400', vary: 'Cookie, Authorization' };

  app.get(
    '/photos/:id/file',
    {
      ...media('signedIn'),
      schema: {
        tags: ['media'],
        operationId: 'getPhotoFile',
        summary: 'Get the JPEG of a photo; with ?download as an attachment',
        params: IdParams,
        response: mediaReplies('image/jpeg'),
      },
    },
    async (request, reply) => {
      const photo = await photos.get(request.params.id, principalOf(request).cameras);
      const wantsDownload = 'download' in (request.query as object);
      // Opened first: an error is no file to save under the photo's name.
      const file = request.method === 'HEAD' ? null : await photos.openFile(photo);
      reply
        .headers(cached)
        .type('image/jpeg')
        .header('content-length', file?.bytes ?? photo.bytes);
      if (wantsDownload) reply.header('content-disposition', downloadHeader(photo));
      return file === null ? sendHead(reply) : reply.send(file.stream);
    },
  );
  app.get(
    '/photos/:id/thumbnail',
    {
      ...media('signedIn'),
      schema: {
        tags: ['media'],
        operationId: 'getPhotoThumbnail',
        summary: 'Get a small JPEG of a photo',
        params: IdParams,
        querystring: ThumbnailQuery,
        response: mediaReplies('image/jpeg'),
      },
    },
    async (request, reply) => {
      const photo = await photos.get(request.params.id, principalOf(request).cameras);
      return reply
        .headers(cached)
        .type('image/jpeg')
        .send(await photos.thumbnail(photo, request.query.width));
    },
  );
}

/** The header that makes a browser save a photo under its name. */
export function downloadHeader({ fileName }: Photo): string {
  return `attachment; filename="${quoted(fileName)}"`;
}

/** The server makes the file names; this protects the header in case they ever contain something else. */
function quoted(fileName: string): string {
  return fileName.replace(/[^\w.-]/g, '_');
}
