import { ownAddress } from './own-address.ts';
import { csrfToken } from './security/csrf.ts';
import type { App } from './kernel.ts';
import { api, page, principalOf } from './security/policy.ts';
import { MeSchema, replies } from './schemas.ts';
import { sendPage, shellFor } from './shell.ts';

/** The description of the API, as a page and as OpenAPI, and who the client is. */
export function registerApi(app: App): void {
  app.get('/api', page('viewer'), (request, reply) => {
    const model = { ...shellFor(request, reply), server: ownAddress(request), spec: app.swagger() };
    return sendPage(reply, app.kernel.pages.apiDescription(model));
  });
  app.get('/api/openapi.json', { ...api('viewer'), schema: { hide: true } }, (_request, reply) =>
    reply.send(app.swagger()),
  );
  app.get(
    '/api/me',
    {
      ...api('viewer'),
      schema: { tags: ['account'], operationId: 'getMe', summary: 'Who you are', response: replies({ 200: MeSchema }) },
    },
    (request, reply) => {
      const { user, role, kind } = principalOf(request);
      const csrf = kind === 'session' || kind === 'public' ? csrfToken(request, reply) : null;
      return reply
        .header('cache-control', 'no-store')
        .send({ username: user?.username ?? null, role, csrfToken: csrf });
    },
  );
}
