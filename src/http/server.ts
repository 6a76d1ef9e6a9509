import Fastify, {
  LogController,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from 'fastify';
import { createServer, type IncomingMessage, type RequestListener, type Server as HttpServer } from 'node:http';
import { createServer as createSecureServer, type Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { registerApi } from './api.ts';
import { registerBodies } from './bodies.ts';
import { AllowedHosts } from './security/allowed-hosts.ts';
import { registerCompression } from './compression.ts';
import { registerCsrf } from './security/csrf.ts';
import { registerDescription } from './description.ts';
import { Flashes } from './forms/flash.ts';
import { PostAnswers, sendHtml } from './forms/post-answers.ts';
import { registerGate } from './security/gate.ts';
import { registerHeaders } from './security/headers.ts';
import { registerHealth } from './health.ts';
import type { App, Feature, HttpConfig, Kernel } from './kernel.ts';
import { requirePolicies } from './security/policy.ts';
import { registerPreferences } from './preferences/preferences.ts';
import { registerRequestLog } from './request-log.ts';
import { RequestsInTurn } from './connections/requests-in-turn.ts';
import { languageOf } from './preferences/language.ts';
import { answersOf, rewriteAction } from './requests.ts';
import { registerErrors } from './respond.ts';
import { SetupGate } from './security/setup-gate.ts';
import { shownUrl } from './shown-url.ts';
import { registerSiteSettings } from './site-settings.ts';
import { registerStaticFiles } from './static-files.ts';
import { compileValidator } from './validation.ts';
import { registerWebSockets } from './connections/web-sockets.ts';
import { spoken } from '../text/spoken.ts';

/**
 * A connection on which nothing moves for this long is closed, in milliseconds: its client takes no answer. Streams and
 * WebSockets look after themselves.
 */
const idleLimit = 60_000;

/** How long a TLS handshake may take, in milliseconds; Node.js gives two minutes. */
const handshakeTimeout = 10_000;

/** Options of {@link createHttpServer}. */
export interface HttpServerOptions extends Pick<
  Kernel,
  'config' | 'accounts' | 'cameras' | 'cameraOrder' | 'settings'
> {
  readonly log: Logger;
  readonly pages: Kernel['pages'];
  readonly assets: Kernel['assets'];
  /** Registered in this order, each in its own scope. */
  readonly features: readonly Feature[];
}

/**
 * Builds the HTTP server: the kernel and the given features. The caller makes it listen and closes it.
 *
 * @throws {TypeError} if a route doesn't declare a policy.
 */
export async function createHttpServer(options: HttpServerOptions): Promise<FastifyInstance> {
  const { features, log, ...shared } = options;
  const { config } = shared;
  const turns = new RequestsInTurn();
  const app = Fastify(serverOptions(config, log, turns)) as unknown as App;
  const kernel: Kernel = {
    ...shared,
    flashes: new Flashes(),
    postAnswers: new PostAnswers(),
    setupGate: new SetupGate(shared.accounts),
    allowedHosts: new AllowedHosts(config, shared.settings, log),
    turns,
    metrics: new Set(),
  };
  app.decorate('kernel', kernel);
  app.setValidatorCompiler(compileValidator);
  // Response schemas describe; fields that they leave out are still sent.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));

  // Whatever is sent as JSON, its problems are in the reader's language.
  app.addHook('preSerialization', (request, _reply, payload, done) => done(null, spoken(payload, languageOf(request))));

  requirePolicies(app);
  registerErrors(app);
  registerRequestLog(app);
  registerHeaders(app);
  registerCompression(app);
  await registerWebSockets(app);
  await registerBodies(app);
  await registerCsrf(app, config.secret);
  registerGate(app);
  registerPostAnswers(app);
  await registerDescription(app, config);

  await registerStaticFiles(app, config.publicFolder);
  registerHealth(app);
  registerApi(app);
  registerSiteSettings(app);
  registerPreferences(app);
  for (const feature of features) await app.register(async (scope) => feature(scope as App));
  await app.ready();
  return app;
}

function serverOptions(config: HttpConfig, log: Logger, turns: RequestsInTurn): FastifyServerOptions {
  return {
    // Fastify's own lines contain addresses as clients sent them.
    loggerInstance: log.child({}, { serializers: { path: shownUrl } }),
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: config.trustProxy.length === 0 ? false : [...config.trustProxy],
    bodyLimit: 64 * 1024,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true },
    rewriteUrl: ({ url = '/' }) => rewriteAction(url),
    serverFactory: (handler) => nodeServer(config, turns, handler),
    clientErrorHandler: (error, socket) => turns.refuse(error, socket),
    frameworkErrors: refuseAddress,
  };
}

function nodeServer({ tls }: HttpConfig, turns: RequestsInTurn, serve: RequestListener): HttpServer | HttpsServer {
  const handler = turns.listener(serve);
  const limits = {
    noDelay: true,
    maxHeaderSize: 16 * 1024,
    // Slow senders: 10 s for the head, 30 s for the whole request. Responses may take any time.
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    connectionsCheckingInterval: 5_000,
    keepAliveTimeout: 10_000,
    // Some clients offer HTTP/2 in an Upgrade header. Only WebSocket upgrades are accepted, and none behind another request,
    // whose answer it would land in.
    shouldUpgradeCallback: ({ headers, socket }: IncomingMessage) =>
      headers.upgrade?.toLowerCase() === 'websocket' && !turns.isBusy(socket),
  };
  const server =
    tls === null
      ? createServer(limits, handler)
      : createSecureServer({ ...limits, handshakeTimeout, cert: tls.cert, key: tls.key }, handler);
  server.on('connection', keepAddress).on('secureConnection', keepAddress);
  return server.setTimeout(idleLimit);
}

/**
 * Makes a socket keep its client's address, which the kernel forgets with the connection: requests need it also when the
 * client has just gone. Without an address, it has gone before its first request.
 */
function keepAddress(socket: Socket): void {
  if (socket.remoteAddress === undefined) socket.destroy();
}

/** Refuses URLs that cannot be routed at all: malformed percent encoding, endless ids. */
function refuseAddress(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  const status = error.statusCode ?? 400;
  void reply.code(status).type('text/plain; charset=utf-8').send('This address cannot be read.\n');
}

/** Shows kept answers to forms in place of the page. Register it after the gate. */
function registerPostAnswers(app: App): void {
  app.addHook('preHandler', async (request, reply) => {
    if (answersOf(request) !== 'page') return undefined;
    const answer = app.kernel.postAnswers.take(request, reply);
    if (answer === null) return undefined;
    return sendHtml(reply, answer.html, answer.status);
  });
}
