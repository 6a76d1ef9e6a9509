import type { Server } from 'node:net';
import { load } from 'koffi';
import { descriptorOf } from './node-internals.ts';

/** The most that waits in the kernel for a connection, in addition to what is on its way already, in bytes. */
const limit = Buffer.from(Int32Array.of(64 * 1024).buffer);
/** Linux: `<netinet/in.h>` and `<netinet/tcp.h>`. */
const IPPROTO_TCP = 6;
const TCP_NOTSENT_LOWAT = 25;

type SetSockOpt = (descriptor: number, level: number, name: number, value: Buffer, length: number) => number;

/**
 * Keeps the kernel's send queue of each connection of a server short (`TCP_NOTSENT_LOWAT`, tcp(7)). It may else grow to
 * some megabytes: seconds of frames for a slow viewer, each as old as what waits before it. So frames wait here, where a
 * newer one replaces them. What is on its way and not acknowledged yet does not count, so a fast connection stays as fast,
 * however long the way is. Does nothing where the kernel does not know the option.
 */
export function keepSendQueuesShort(server: Server): void {
  if (process.platform !== 'linux') return;
  const setsockopt = load(null).func(
    'int setsockopt(int fd, int level, int name, void *value, unsigned int length)',
  ) as SetSockOpt;
  server.on('connection', (socket) => {
    const descriptor = descriptorOf(socket);
    if (descriptor >= 0) setsockopt(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, limit, limit.length);
  });
}
