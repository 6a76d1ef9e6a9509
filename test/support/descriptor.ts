import type { Socket } from 'node:net';

/** The system's descriptor of a connection, which Node.js does not tell of its own. */
export function descriptorOf(socket: Socket): number {
  return (socket as unknown as { readonly _handle: { readonly fd: number } })._handle.fd;
}
