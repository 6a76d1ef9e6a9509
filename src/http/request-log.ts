import type { FastifyInstance } from 'fastify';
import { isSafe, pathOf, redactUrl } from './requests.ts';

/** One line per answered request: what people do at `info`, what they look at at `debug`. Never a body, never a secret. */
export function registerRequestLog(app: FastifyInstance): void {
  app.addHook('onResponse', (request, reply, done) => {
    const action = !isSafe(request.method) && reply.statusCode < 400;
    request.log[action ? 'info' : 'debug'](
      {
        method: request.method,
        url: action ? pathOf(request.url) : redactUrl(request.url).slice(0, 500),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        user: request.principal?.user?.username ?? null,
        ip: request.ip,
      },
      'request',
    );
    done();
  });
}
