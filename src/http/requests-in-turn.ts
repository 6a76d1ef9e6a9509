import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How many requests may wait behind the one in progress. Browsers send none before they have the answer. */
const mostWaiting = 16;

/**
 * Serves the requests of each connection one after the other: the next one begins when the response before it has been
 * handed to the kernel, or never if that is a stream.
 *
 * Node.js starts every request as soon as it has read it, even if a client sends a thousand at once and reads no answer
 * (HTTP/1.1 pipelining, RFC 9112, section 9.3.2). Each would hold its answer in memory. A client that sends more than
 * {@link mostWaiting} ahead is disconnected.
 */
export function inTurn(serve: RequestListener): RequestListener {
  /** What waits, for each connection that has a request in progress. */
  const waiting = new WeakMap<Socket, [IncomingMessage, ServerResponse][]>();

  const begin = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    response.once('close', () => {
      const next = socket.destroyed ? undefined : waiting.get(socket)?.shift();
      if (next === undefined) waiting.delete(socket);
      else begin(...next);
    });
    serve(request, response);
  };

  return (request, response) => {
    const { socket } = request;
    // What else was in the chunk that went too far.
    if (socket.destroyed) return;
    const others = waiting.get(socket);
    if (others === undefined) {
      waiting.set(socket, []);
      begin(request, response);
    } else if (others.length < mostWaiting) {
      others.push([request, response]);
    } else {
      socket.destroy();
    }
  };
}
