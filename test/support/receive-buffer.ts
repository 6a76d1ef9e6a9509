import type { Socket } from 'node:net';
import { load } from 'koffi';
import { descriptorOf } from '../../src/fanout/node-internals.ts';

const SOL_SOCKET = 1;
const SO_RCVBUF = 8;

/**
 * Sets the size of a connection's receive buffer (socket(7)), to imitate small devices. By default the kernel lets it
 * grow to megabytes.
 */
export function setReceiveBuffer(socket: Socket, bytes: number): void {
  const setsockopt = load(null).func('int setsockopt(int fd, int level, int name, int *value, unsigned int length)');
  if (setsockopt(descriptorOf(socket), SOL_SOCKET, SO_RCVBUF, [bytes], 4) !== 0)
    throw new Error('the receive buffer could not be set');
}
