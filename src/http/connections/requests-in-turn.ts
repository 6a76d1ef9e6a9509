import { type IncomingMessage, type RequestListener, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

/** How many requests may wait behind the one in progress. Browsers send none before they have the answer. */
const mostWaiting = 16;

/** The state of a connection. */
interface Turn {
  /** The request in progress. */
  readonly request: IncomingMessage;
  readonly waiting: [IncomingMessage, ServerResponse][];
  /** True if a stream owns the connection. */
  taken: boolean;
}

/**
 * Serves the requests of each connection one after the other: the next one begins when the response before it has been
 * handed to the kernel, or never if that is a stream.
 *
 * Node.js starts every request as soon as it has read it, even if a client sends a thousand at once and reads no answer
 * (HTTP/1.1 pipelining, RFC 9112, section 9.3.2). Each would hold its answer in memory. A client that sends more than
 * {@link mostWaiting} ahead is disconnected.
 */
export class RequestsInTurn {
  readonly #turns = new WeakMap<Socket, Turn>();

  /** Listens to a server's requests. */
  listener(serve: RequestListener): RequestListener {
    const begin = (request: IncomingMessage, response: ServerResponse, waiting: Turn['waiting']): void => {
      const { socket } = request;
      this.#turns.set(socket, { request, waiting, taken: false });
      response.once('close', () => {
        const next = socket.destroyed ? undefined : waiting.shift();
        if (next === undefined) this.#turns.delete(socket);
        else begin(...next, waiting);
      });
      serve(request, response);
    };
    return (request, response) => {
      const { socket } = request;
      // What else was in the chunk that went too far.
      if (socket.destroyed) return;
      const turn = this.#turns.get(socket);
      if (turn === undefined) begin(request, response, []);
      else if (turn.waiting.length >= mostWaiting) socket.destroy();
      else {
        turn.waiting.push([request, response]);
        // A body that nobody reads would stop the reading, and so hide that the client leaves.
        if (turn.taken) request.resume();
      }
    };
  }

  /** True while a request of this connection is in progress. */
  isBusy(socket: Socket): boolean {
    return this.#turns.has(socket);
  }

  /** Gives a connection to a stream: anything that the client sends from now on is never answered. */
  takeOver(socket: Socket): void {
    const turn = this.#turns.get(socket);
    if (turn === undefined) return;
    turn.taken = true;
    turn.request.resume();
    for (const [request] of turn.waiting) request.resume();
  }

  /**
   * Refuses data that is not HTTP, or comes too slowly: the connection is closed. Behind a request in progress it is ignored,
   * because an answer would land inside the one before. Listens to `clientError` of a server.
   */
  refuse(error: Error & { readonly code?: string }, socket: Socket): void {
    const turn = this.#turns.get(socket);
    if (turn !== undefined && (turn.taken || turn.request.complete)) return;
    const status = statuses[error.code ?? ''] ?? 400;
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
    if (socket.writable && error.code !== 'ECONNRESET') socket.write(head);
    socket.destroy();
  }
}

/** The statuses of Node.js's errors about requests; 400 for others. */
const statuses: Readonly<Record<string, number>> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 };
