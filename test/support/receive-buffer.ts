import type { Socket } from 'node:net';
import { load } from 'koffi';
import { descriptorOf } from '../../src/fanout/node-internals.ts';

const SOL_SOCKET = 1;
const SO_RCVBUF = 8;

/**
 * Gives a client's connection a receive buffer of its own size, as small devices have it (socket(7)); of the system's
 * choice it grows to megabytes.
 */
export function setReceiveBuffer(socket: Socket, bytes: number): void {
  const setsockopt = load(null).func('int setsockopt(int fd, int level, int name, int *value, unsigned int length)');
  if (setsockopt(descriptorOf(socket), SOL_SOCKET, SO_RCVBUF, [bytes], 4) !== 0)
    throw new Error('the receive buffer cannot be set');
}
