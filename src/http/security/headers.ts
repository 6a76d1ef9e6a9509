import type { FastifyReply, FastifyRequest } from 'fastify';
import helmet from 'helmet';
import type { App } from '../kernel.ts';

/** Pages load everything from this server, and contain no inline scripts or styles. */
const contentSecurityPolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:', 'blob:'],
    // Media Source Extensions play from an address of the page's own.
    mediaSrc: ['blob:'],
    // Without scripts, cameras of the grid refresh in frames.
    frameSrc: ["'self'"],
    connectSrc: ["'self'"],
    workerSrc: ["'self'", 'blob:'],
    manifestSrc: ["'self'"],
    formAction: ["'self'"],
    frameAncestors: ["'self'"],
    baseUri: ["'none'"],
  },
};

/** The headers of every response. */
export function registerHeaders(app: App): void {
  // Built once: @fastify/helmet would build the same policy for each request.
  const protect = helmet({
    contentSecurityPolicy,
    // Addresses may hold `?token=`. Pages loosen this to `same-origin`, see `sendPage`.
    referrerPolicy: { policy: 'no-referrer' },
    // Browsers ignore it over plain HTTP and complain; frames are governed by frame-ancestors.
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    // It would bind every other service of this host to HTTPS as well; that is for the proxy's owner to say.
    strictTransportSecurity: false,
    xDownloadOptions: false,
    xXssProtection: false,
  });
  app.addHook('onRequest', (request, reply, done) => {
    protect(request.raw, reply.raw, (error) => done(error as Error | undefined));
  });
  app.addHook('onSend', async (request, reply) => {
    const { frames } = request.routeOptions.config;
    if (frames === 'never' || !(frames === 'embed' || mayBeFramed(request, reply))) return;
    const origins = await request.server.kernel.settings.corsOrigins();
    if (frames === 'embed') allowFrames(reply, origins.length === 0 ? ["'none'"] : origins);
    else if (origins.length > 0) allowFrames(reply, [self, ...origins]);
  });
}

const self = "'self'";

/** True for pages to watch and to sign in. Frames of other sites never show settings or accounts (clickjacking). */
function mayBeFramed({ routeOptions }: FastifyRequest, reply: FastifyReply): boolean {
  const { policy } = routeOptions.config;
  return (
    (policy === 'viewer' || policy === 'public') && String(reply.getHeader('content-type')).startsWith('text/html')
  );
}

/** Lets pages of these origins show this response in a frame. */
function allowFrames({ raw }: FastifyReply, origins: readonly string[]): void {
  const csp = String(raw.getHeader('content-security-policy'));
  raw.setHeader(
    'content-security-policy',
    csp.replace(`frame-ancestors ${self}`, `frame-ancestors ${origins.join(' ')}`),
  );
  // It knows no list of origins, and frame-ancestors replaces it.
  raw.removeHeader('x-frame-options');
}
