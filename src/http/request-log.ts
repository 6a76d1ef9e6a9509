import type { App } from './kernel.ts';
import { isSafe } from './requests.ts';
import { shownPath, shownUrl } from './shown-url.ts';

/** One line per response: changes at `info`, reads at `debug`. Never a body, never a secret. */
export function registerRequestLog(app: App): void {
  app.addHook('onResponse', (request, reply, done) => {
    const action = !isSafe(request.method) && reply.statusCode < 400;
    request.log[action ? 'info' : 'debug'](
      {
        method: request.method,
        url: action ? shownPath(request.url) : shownUrl(request.originalUrl).slice(0, 500),
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
