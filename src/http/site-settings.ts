import { Type } from 'typebox';
import type { App } from './kernel.ts';
import { api } from './security/policy.ts';
import { replies } from './schemas.ts';

const list = (description: string) => Type.Array(Type.String({ maxLength: 300 }), { maxItems: 50, description });
const origins = list('Origins whose pages may read images (CORS), such as http://mainsail.local');
const hosts = list('More host names under which anybody may watch when access is public, such as cam.example.org');
const SettingsSchema = Type.Object({ origins, hosts }, { title: 'Settings' });
/** Without `hosts`, the host names stay as they are. */
const SettingsChange = Type.Object({ origins, hosts: Type.Optional(hosts) }, { title: 'SettingsChange' });

/** The settings of the whole server: other sites that may read images, and its own host names. */
export function registerSiteSettings(app: App): void {
  const { settings } = app.kernel;
  const current = async () => ({ origins: await settings.corsOrigins(), hosts: await settings.hostNames() });
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
    async (_request, reply) => reply.send(await current()),
  );
  app.put(
    '/api/settings',
    {
      ...api('admin'),
      schema: {
        tags,
        operationId: 'updateSettings',
        summary: 'Change the settings',
        body: SettingsChange,
        response: replies({ 200: SettingsSchema }),
      },
    },
    async (request, reply) => {
      await settings.change(request.body);
      return reply.send(await current());
    },
  );
}
