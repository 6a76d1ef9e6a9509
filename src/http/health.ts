import { Registry, collectDefaultMetrics } from 'prom-client';
import type { App } from './kernel.ts';
import { principalOf } from './security/policy.ts';

/** `/healthz` for supervisors and `/metrics` for Prometheus. */
export function registerHealth(app: App): void {
  const { config, metrics } = app.kernel;
  const processStats = new Registry();
  // Each reading of the event loop's delay wakes an idle server. Four per second are enough; a hundred cost more than a
  // camera.
  collectDefaultMetrics({ register: processStats, eventLoopMonitoringPrecision: 250 });
  app.addHook('onClose', (_app, done) => {
    processStats.clear();
    done();
  });

  app.get('/healthz', { config: { policy: 'public', answers: 'media', open: true } }, (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ ok: true, version: config.version }),
  );
  app.get(
    '/metrics',
    { config: { policy: 'signedIn', answers: 'media', queryToken: true } },
    async (request, reply) => {
      const principal = principalOf(request);
      const parts = Array.from(metrics, (collect) => collect(principal));
      const text = await Registry.merge([processStats, ...parts]).metrics();
      return reply.header('cache-control', 'no-store').type(processStats.contentType).send(text);
    },
  );
}
