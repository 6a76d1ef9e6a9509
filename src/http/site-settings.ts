import { Type } from 'typebox';
import { finishForm } from './form-answers.ts';
import type { App } from './kernel.ts';
import { api, page } from './security/policy.ts';
import { replies } from './schemas.ts';

/** Sites whose pages may read images, one per line. */
const SitesForm = Type.Object({ origins: Type.Optional(Type.String({ maxLength: 10_000 })) });
const SettingsSchema = Type.Object(
  {
    origins: Type.Array(Type.String({ maxLength: 300 }), {
      maxItems: 50,
      description: 'Origins whose pages may read images (CORS), such as http://mainsail.local',
    }),
  },
  { title: 'Settings' },
);

/** The settings of the whole server: other sites that may read images. */
export function registerSiteSettings(app: App): void {
  const { settings } = app.kernel;
  app.post('/settings/sites', { ...page('admin'), schema: { body: SitesForm } }, async (request, reply) => {
    const origins = await settings.setCorsOrigins((request.body.origins ?? '').split(/\s+/));
    const text = origins.length === 0 ? 'No other site may read pictures now.' : 'Other sites saved.';
    return finishForm(request, reply, { to: '/settings', json: { origins }, flash: { kind: 'done', text } });
  });
  const tags = ['settings'];
  app.get(
    '/api/settings',
    {
      ...api('admin'),
      schema: {
        tags,
        operationId: 'getSettings',
        summary: 'Get the settings',
        response: replies({ 200: SettingsSchema }),
      },
    },
    async (_request, reply) => reply.send({ origins: await settings.corsOrigins() }),
  );
  app.put(
    '/api/settings',
    {
      ...api('admin'),
      schema: {
        tags,
        operationId: 'updateSettings',
        summary: 'Change the settings',
        body: SettingsSchema,
        response: replies({ 200: SettingsSchema }),
      },
    },
    async (request, reply) => reply.send({ origins: await settings.setCorsOrigins(request.body.origins) }),
  );
}
