import { registerAccountApi } from '../accounts/account-api.ts';
import { registerCameraApi } from '../cameras/camera-api.ts';
import { registerPhotoApi } from '../photos/photo-api.ts';
import type { App } from './app-type.ts';
import type { Context } from './context.ts';
import { csrfToken } from './csrf.ts';
import { api, principalOf } from './policy.ts';
import { MeSchema, replies } from './schemas.ts';

/** The API: the same as the pages do, as JSON. */
export function registerApi(app: App, context: Context): void {
  app.get(
    '/api/me',
    { ...api('viewer'), schema: { tags: ['account'], summary: 'Who asks', response: replies({ 200: MeSchema }) } },
    (request, reply) => {
      const { user, role, kind } = principalOf(request);
      const csrf = kind === 'session' || kind === 'public' ? csrfToken(request, reply) : null;
      return reply
        .header('cache-control', 'no-store')
        .send({ username: user?.username ?? null, role, csrfToken: csrf });
    },
  );
  registerCameraApi(app, context);
  registerPhotoApi(app, context);
  registerAccountApi(app, context);
  app.get('/api/openapi.json', { ...api('viewer'), schema: { hide: true } }, (_request, reply) =>
    reply.send(app.swagger()),
  );
}
