import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { WebSocket } from 'ws';

/**
 * Everything that Porthole uses of Node.js and ws beyond their documented APIs. No other file in `src` may use such
 * parts. The test next to this file runs each of them, so it fails if an update changes one.
 */

/** Node's native side of a TCP connection or pipe (`tcp_wrap`, `pipe_wrap`). */
export interface Handle {
  /** The file descriptor; -1 once it is closed, absent on Windows. */
  readonly fd?: number;
  /** Present where the `onread` option of `net.Socket` works for this handle. */
  readonly useUserBuffer?: unknown;
  /** How many bytes of the writes in progress the kernel has not taken yet. */
  readonly writeQueueSize?: number;
}

/** The handle of a socket or pipe; null once it is closed, and for a stream without one. */
export function handleOf(stream: object): Handle | null {
  return (stream as { readonly _handle?: Handle | null })._handle ?? null;
}

/** The file descriptor of an open TCP connection; -1 if it has none, or if TLS encrypts the bytes. */
export function descriptorOf(socket: Socket): number {
  return 'encrypted' in socket ? -1 : (handleOf(socket)?.fd ?? -1);
}

/** How many bytes of a socket's writes in progress the kernel has not taken yet; 0 once it is closed. */
export function queuedIn(socket: Socket): number {
  return handleOf(socket)?.writeQueueSize ?? 0;
}

/** Takes the handle away from a stream, which is then closed without it. */
export function takeHandle(stream: Readable): void {
  (stream as unknown as { _handle: null })._handle = null;
  stream.destroy();
}

/**
 * Calls `act` before each `write`, `end` and `destroy` of a socket. Node's own code (HTTP, pipes, the end of a stream)
 * calls them on the socket too, so nothing is written and nothing closed without `act`.
 */
export function beforeChange(socket: Socket, act: () => void): void {
  for (const name of ['write', 'end', 'destroy'] as const) {
    const method = socket[name].bind(socket) as (...args: unknown[]) => unknown;
    const replacement = (...args: unknown[]): unknown => {
      act();
      return method(...args);
    };
    Object.assign(socket, { [name]: replacement });
  }
}

/**
 * The connection below an open WebSocket.
 *
 * @throws {TypeError} when ws keeps it somewhere else.
 */
export function transportOf(webSocket: WebSocket): Socket {
  const { _socket: socket } = webSocket as unknown as { readonly _socket?: Socket };
  if (socket === undefined) throw new TypeError('This version of ws does not keep its connection as _socket.');
  return socket;
}

/**
 * Calls `act` before a WebSocket sends its Close frame: ours, and the one that ws sends on its own as an answer or
 * after an error.
 */
export function beforeClose(webSocket: WebSocket, act: () => void): void {
  const close = webSocket.close.bind(webSocket);
  webSocket.close = (...args) => {
    act();
    close(...args);
  };
}
