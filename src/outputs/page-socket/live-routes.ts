import fastifyWebsocket from '@fastify/websocket';
import type { WebSocket } from 'ws';
import { roleAllows } from '../../domain/role.ts';
import { type Principal, maySee } from '../../domain/user.ts';
import type { App } from '../../http/app-type.ts';
import { type Context, visibleCameras } from '../../http/context.ts';
import type { LiveSocketHandle } from '../../http/deps.ts';
import { principalOf } from '../../http/policy.ts';

/** Sent to a page whose sign-in has ended. */
const signedOutCode = 4401;
const goingAwayCode = 1001;
const heartbeatMs = 30_000;
const closeWaitMs = 500;

interface Page {
  readonly principal: Principal;
  readonly socket: LiveSocketHandle;
}

/** The one socket of every page: pictures and events, each to those who may see them. */
export async function registerLive(app: App, context: Context): Promise<void> {
  const pages = new Set<Page>();
  const toEverybody = (event: object, may: (principal: Principal) => boolean): void => {
    for (const { principal, socket } of pages) if (may(principal)) socket.send(event);
  };
  const forget = [
    context.cameras.onChange((event) => {
      if (event.type === 'camera') toEverybody(event, (principal) => maySee(principal, event.camera.id));
      else if (event.type === 'devices') toEverybody(event, ({ role }) => roleAllows(role, 'admin'));
      else
        for (const page of pages)
          page.socket.send({ type: 'cameras', cameras: visibleCameras(context, page.principal) });
    }),
    context.photos.onChange((event) => {
      if (event.type === 'photo') toEverybody(event, (principal) => seesPhotosOf(principal, event.photo.cameraId));
      else {
        // Ids are opaque and name nothing to those who never saw them.
        const { type, ids } = event;
        toEverybody({ type, ids }, (principal) => event.cameraIds.some((camera) => seesPhotosOf(principal, camera)));
      }
    }),
    context.liveView.onChange(({ sessionId, cameraId, watching }) => {
      const event = { type: 'watching', camera: cameraId, watching };
      toEverybody(event, (principal) => principal.sessionId === sessionId && maySee(principal, cameraId));
    }),
  ];

  await app.register(fastifyWebsocket, {
    options: { maxPayload: 16 * 1024, perMessageDeflate: false },
    // The registry of open streams has told them all by then; who does not answer is not waited for.
    preClose(done) {
      const { clients } = this.websocketServer;
      setTimeout(() => clients.forEach((client) => client.terminate()), closeWaitMs).unref();
      done();
    },
    errorHandler: (error, socket, request) => {
      request.log.debug({ err: error }, 'socket failed');
      socket.terminate();
    },
  });
  const stopHeartbeat = startHeartbeat(app.websocketServer.clients);
  app.addHook('onClose', (_app, done) => {
    for (const each of forget) each();
    stopHeartbeat();
    done();
  });

  app.get(
    '/live',
    { config: { policy: 'viewer', answers: 'media', queryToken: true, embeds: true }, websocket: true },
    (socket, request) => {
      const principal = principalOf(request);
      let release = (): void => undefined;
      const handle = context.delivery.openLiveSocket({
        socket,
        maySee: (cameraId) => maySee(principal, cameraId),
        onClose: () => {
          pages.delete(page);
          release();
        },
      });
      const page: Page = { principal, socket: handle };
      release = context.streams.add({
        grant: principal.grant,
        end: (reason) => {
          if (reason === 'closing') {
            handle.close(goingAwayCode, 'Porthole is stopping');
            return;
          }
          handle.send({ type: 'signed-out' });
          handle.close(signedOutCode, 'signed out');
          // Whoever does not answer the farewell is cut off.
          setTimeout(() => socket.terminate(), closeWaitMs).unref();
        },
      });
      pages.add(page);
      handle.send({ type: 'hello', cameras: visibleCameras(context, principal), now: Date.now() });
    },
  );
}

/** Users see photos of their cameras; the public watches, never more. */
function seesPhotosOf(principal: Principal, cameraId: string): boolean {
  return principal.user !== null && maySee(principal, cameraId);
}

/** Ends sockets whose other side has vanished without a word. */
function startHeartbeat(clients: ReadonlySet<WebSocket>): () => void {
  const waiting = new WeakSet<WebSocket>();
  const timer = setInterval(() => {
    for (const client of clients) {
      if (waiting.has(client)) client.terminate();
      else {
        waiting.add(client);
        client.once('pong', () => waiting.delete(client));
        client.ping();
      }
    }
  }, heartbeatMs);
  timer.unref();
  return () => clearInterval(timer);
}
