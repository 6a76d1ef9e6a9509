import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { m } from '#messages';
import { chosenCamera } from '../cameras/camera-request.ts';
import { asPortholeError, PortholeError } from '../domain/errors.ts';
import { finishForm } from '../http/forms/form-answers.ts';
import { Ids, idsOf } from '../http/forms/forms.ts';
import type { App } from '../http/kernel.ts';
import { languageOf } from '../http/preferences/language.ts';
import { page, principalOf } from '../http/security/policy.ts';
import { backFrom, requestSignal } from '../http/requests.ts';
import { sendError } from '../http/respond.ts';
import { sentence, type Sentence } from '../messages/sentence.ts';
import { deleteChosen, restoreChosen } from './chosen-photos.ts';
import { captureTimeoutMs } from './photo-api.ts';
import { idsLimit } from './photo-schemas.ts';
import { choiceIn, ChoiceForm, selectionOf } from './photo-selection.ts';
import type { PhotoServices } from './photo-services.ts';

const RestoreForm = Type.Object({
  ids: Type.Optional(Ids),
  deletion: Type.Optional(Type.String({ pattern: '^\\d{0,15}$' })),
});
const CaptureForm = Type.Object({ camera: Type.Optional(Type.String({ maxLength: 60 })) });

/** The forms of photos: Capture, and those of the gallery. */
export function registerPhotoForms(app: App, { photos, cameras, streams }: PhotoServices): void {
  app.post('/capture', { ...page('operator'), schema: { body: CaptureForm } }, async (request, reply) => {
    const camera = chosenCamera(cameras, request, request.body.camera);
    const signal = requestSignal(reply, captureTimeoutMs);
    const photo = await photos
      .capture(camera.id, camera.name, principalOf(request), { signal })
      .catch((error: unknown) => asPortholeError(error));
    if (photo instanceof PortholeError) return sendError(photo, request, reply, 500);
    const to = backFrom(request, `/?camera=${encodeURIComponent(camera.id)}`);
    const flash = { kind: 'done', text: sentence('photos_taken') } as const;
    return finishForm(request, reply, { to, json: photo, flash, status: 201 });
  });
  app.post(
    '/photos/delete',
    { ...page('operator'), bodyLimit: idsLimit, schema: { body: ChoiceForm } },
    async (request, reply) => {
      const { ids, count, deletion } = await deleteChosen(photos, choiceIn(request.body), principalOf(request).cameras);
      const undo = { action: '/photos/restore', ids, ...(deletion === undefined ? {} : { deletion }) };
      return finishForm(request, reply, {
        to: backFrom(request, '/photos'),
        json: { ids, count, deletion },
        flash:
          count === 0
            ? { kind: 'error', text: sentence('photos_gone_already') }
            : {
                kind: 'done',
                text: count === 1 ? sentence('photos_deleted_one') : counted('photos_deleted', count, request),
                undo,
              },
      });
    },
  );
  app.post(
    '/photos/restore',
    { ...page('operator'), bodyLimit: idsLimit, schema: { body: RestoreForm } },
    async (request, reply) => {
      const { deletion = '' } = request.body;
      const wanted = deletion === '' ? { ids: [...idsOf(request.body)] } : { deletion: Number(deletion) };
      const { ids, count } = await restoreChosen(photos, wanted, principalOf(request).cameras);
      return finishForm(request, reply, {
        to: backFrom(request, '/photos'),
        json: { ids, count },
        flash:
          count === 0
            ? { kind: 'error', text: sentence('photos_too_late') }
            : { kind: 'done', text: counted('photos_back', count, request) },
      });
    },
  );
  app.post(
    '/photos/archive',
    { ...page('signedIn'), bodyLimit: idsLimit, schema: { body: ChoiceForm } },
    async (request, reply) => {
      const { cameras: allowed, grant } = principalOf(request);
      const archive = await photos.archive(selectionOf(choiceIn(request.body)), allowed);
      // All photos may take an hour. The download ends with its sign-in, as a stream does.
      archive.once('close', streams.add({ grant, end: () => archive.destroy() }));
      return reply
        .header('content-disposition', 'attachment; filename="porthole-photos.zip"')
        .header('cache-control', 'no-store')
        .type('application/zip')
        .send(archive);
    },
  );
}

function counted(key: 'photos_deleted' | 'photos_back', count: number, request: FastifyRequest): Sentence {
  const locale = m.common_intl({}, { locale: languageOf(request) });
  return sentence(key, { count, shown: count.toLocaleString(locale) });
}
