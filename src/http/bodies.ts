import fastifyFormbody from '@fastify/formbody';
import type { App } from './kernel.ts';

/** Parses forms and JSON. An empty body with the content type of JSON is no error: some programs send that. */
export async function registerBodies(app: App): Promise<void> {
  await app.register(fastifyFormbody, { bodyLimit: 512 * 1024 });
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser(['application/json', 'text/plain']);
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parse(request, body, done);
  });
}
