import Fastify, {
  LogController,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from 'fastify';
import { registerAliases } from '../outputs/aliases.ts';
import { registerApi } from './api.ts';
import type { App } from './app-type.ts';
import { registerBodies } from './bodies.ts';
import { registerControls } from '../cameras/controls/control-routes.ts';
import type { Context } from './context.ts';
import { registerCsrf } from './csrf.ts';
import type { HttpDeps } from './deps.ts';
import { registerDescription } from './description.ts';
import { Flashes } from './flash.ts';
import { registerGate } from './gate.ts';
import { registerHeaders } from './headers.ts';
import { registerHealth } from './health.ts';
import { registerHls } from '../outputs/hls/hls-routes.ts';
import { HlsPlayers } from '../outputs/hls/hls-players.ts';
import { registerLive } from '../outputs/page-socket/live-routes.ts';
import { registerMedia } from '../outputs/media.ts';
import { registerPages } from './pages.ts';
import { registerPhotos } from '../photos/photo-routes.ts';
import { requirePolicies } from './policy.ts';
import { registerRequestLog } from './request-log.ts';
import { registerErrors } from './respond.ts';
import { keepSendQueuesShort } from './send-queue.ts';
import { registerSessionForms } from '../accounts/session-forms.ts';
import { registerSettings } from './settings.ts';
import { SetupGate } from './setup-gate.ts';
import { registerStaticFiles } from './static-files.ts';
import { registerStreamForms } from '../cameras/watching/watching-forms.ts';
import { Streams } from '../accounts/open-streams.ts';
import { compileValidator } from './validation.ts';
import { registerWhep } from '../outputs/webrtc/whep-routes.ts';

/**
 * Builds the HTTP server; the caller lets it listen and closes it. Closing ends every open stream and socket.
 *
 * @throws {TypeError} for a route that declares no policy.
 */
export async function createHttpServer(deps: HttpDeps): Promise<FastifyInstance> {
  const app = Fastify(serverOptions(deps)) as unknown as App;
  const context: Context = {
    ...deps,
    flashes: new Flashes(),
    streams: new Streams(deps.accounts, deps.log),
    setupGate: new SetupGate(deps.accounts),
  };
  keepSendQueuesShort(app.server);
  app.setValidatorCompiler(compileValidator);
  // Reply schemas describe; what they leave out is not to be cut off.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.addHook('preClose', (done) => {
    context.streams.close();
    done();
  });

  requirePolicies(app);
  registerErrors(app, context);
  registerRequestLog(app);
  registerHeaders(app);
  await registerLive(app, context);
  await registerBodies(app);
  await registerCsrf(app, deps.config.secret);
  registerGate(app, context);
  await registerDescription(app, deps.config.version);

  await registerStaticFiles(app, deps.config.publicFolder);
  registerHealth(app, context);
  registerPages(app, context);
  registerSessionForms(app, context);
  registerStreamForms(app, context);
  registerMedia(app, context);
  const players = new HlsPlayers();
  registerHls(app, context, players);
  registerAliases(app, context, players);
  registerWhep(app, context);
  registerPhotos(app, context);
  registerSettings(app, context);
  registerControls(app, context);
  registerApi(app, context);
  await app.ready();
  return app;
}

function serverOptions({ config, log }: HttpDeps): FastifyServerOptions {
  const options: FastifyServerOptions & { https?: object } = {
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: config.trustProxy.length === 0 ? false : [...config.trustProxy],
    bodyLimit: 64 * 1024,
    // Slow senders: 10 s for the head (below), 30 s for the whole request. Answers may take as long as they like.
    requestTimeout: 30_000,
    keepAliveTimeout: 10_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true },
    ...(config.tls === null ? {} : { https: { cert: config.tls.cert, key: config.tls.key } }),
    frameworkErrors: refuseAddress,
  };
  const limits = {
    noDelay: true,
    maxHeaderSize: 16 * 1024,
    headersTimeout: 10_000,
    connectionsCheckingInterval: 5_000,
    // Some clients offer HTTP/2 with an Upgrade header; only WebSockets are taken up on it.
    shouldUpgradeCallback: (request: { headers: { upgrade?: string } }) =>
      request.headers.upgrade?.toLowerCase() === 'websocket',
  };
  return config.tls === null
    ? ({ ...options, http: limits } as FastifyServerOptions)
    : ({ ...options, https: { ...options.https, ...limits } } as FastifyServerOptions);
}

/** Addresses that cannot even be routed: broken percent signs, endless ids. */
function refuseAddress(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  const status = error.statusCode ?? 400;
  void reply.code(status).type('text/plain; charset=utf-8').send('This address cannot be read.\n');
}
