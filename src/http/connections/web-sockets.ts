import fastifyWebsocket from '@fastify/websocket';
import type { WebSocket } from 'ws';
import type { App } from '../kernel.ts';

const heartbeatMs = 30_000;
/** How long a socket that was told to close may take to do so, in milliseconds. */
const closeWaitMs = 500;

/** Makes routes with `websocket: true` possible. They also set `embeds` in their policy, see `security/policy.ts`. */
export async function registerWebSockets(app: App): Promise<void> {
  await app.register(fastifyWebsocket, {
    options: { maxPayload: 16 * 1024, perMessageDeflate: false },
    // By now every socket was told to close, as an open stream. The server doesn't wait for those that don't respond.
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
    stopHeartbeat();
    done();
  });
}

/** Terminates sockets whose peer has vanished without closing them. */
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
