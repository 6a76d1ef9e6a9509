import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import { maySee, type Principal } from '../domain/user.ts';
import type { App } from './app-type.ts';
import type { Context } from './context.ts';
import type { CameraMetrics } from './deps.ts';
import { principalOf } from './policy.ts';

const states = ['closed', 'opening', 'live', 'reconnecting', 'off'] as const;

/** `/healthz` for supervisors and `/metrics` for Prometheus. */
export function registerHealth(app: App, context: Context): void {
  const processStats = new Registry();
  // Each look at the event loop's delay wakes an idle server: four in a second tell enough, a hundred cost more than a camera.
  collectDefaultMetrics({ register: processStats, eventLoopMonitoringPrecision: 250 });
  app.addHook('onClose', (_app, done) => {
    processStats.clear();
    done();
  });

  app.get('/healthz', { config: { policy: 'public', answers: 'media', open: true } }, (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ ok: true, version: context.config.version }),
  );
  app.get(
    '/metrics',
    { config: { policy: 'signedIn', answers: 'media', queryToken: true } },
    async (request, reply) => {
      const cameras = cameraStats(visibleMetrics(context, principalOf(request)), context.streams.size);
      const text = await Registry.merge([processStats, cameras]).metrics();
      return reply.header('cache-control', 'no-store').type(processStats.contentType).send(text);
    },
  );
}

function visibleMetrics(context: Context, principal: Principal): readonly CameraMetrics[] {
  return context.cameras.metrics().filter((camera) => maySee(principal, camera.id));
}

/** The cameras' own counters as Prometheus has them; made anew for each scrape, so that removed cameras vanish. */
function cameraStats(cameras: readonly CameraMetrics[], openStreams: number): Registry {
  const registers = [new Registry()];
  const [register] = registers as [Registry];
  const gauge = (name: string, help: string, labelNames: string[]): Gauge =>
    new Gauge({ name: `porthole_${name}`, help, labelNames, registers });
  const counter = (name: string, help: string, labelNames: string[]): Counter =>
    new Counter({ name: `porthole_${name}`, help, labelNames, registers });

  const state = gauge('camera_state', '1 for the state a camera is in', ['camera', 'state']);
  const captured = counter('camera_captured_frames_total', 'Frames that arrived from the source', ['camera']);
  const drops = counter('camera_dropped_frames_total', 'Frames dropped, by reason', ['camera', 'reason']);
  const restarts = counter('camera_restarts_total', 'Captures started again after a failure', ['camera']);
  const viewers = gauge('rendition_viewers', 'Viewers now', ['camera', 'rendition']);
  const frames = counter('rendition_frames_total', 'Frames encoded or passed through', ['camera', 'rendition']);
  const bytes = counter('rendition_bytes_total', 'Bytes of those frames', ['camera', 'rendition']);
  gauge('open_streams', 'Multipart streams and page sockets open now', []).set(openStreams);

  for (const camera of cameras) {
    const labels = { camera: camera.id };
    for (const each of states) state.set({ ...labels, state: each }, each === camera.state ? 1 : 0);
    captured.inc(labels, camera.captured);
    restarts.inc(labels, camera.restarts);
    for (const [reason, count] of Object.entries(camera.drops)) drops.inc({ ...labels, reason }, count);
    for (const { rendition, ...stats } of camera.renditions) {
      viewers.set({ ...labels, rendition }, stats.viewers);
      frames.inc({ ...labels, rendition }, stats.frames);
      bytes.inc({ ...labels, rendition }, stats.bytes);
    }
  }
  return register;
}
