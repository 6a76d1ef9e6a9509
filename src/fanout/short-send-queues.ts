import type { Server } from 'node:net';
import { load } from 'koffi';
import { descriptorOf } from './node-internals.ts';

/** The most that waits in the kernel for a connection, in addition to unacknowledged data in flight, in bytes. */
const limit = Buffer.from(Int32Array.of(64 * 1024).buffer);
/** Linux: `<netinet/in.h>` and `<netinet/tcp.h>`. */
const IPPROTO_TCP = 6;
const TCP_NOTSENT_LOWAT = 25;

type SetSockOpt = (descriptor: number, level: number, name: number, value: Buffer, length: number) => number;

/**
 * Keeps the kernel's send queue of each connection of a server short (`TCP_NOTSENT_LOWAT`, tcp(7)). It could otherwise
 * grow to megabytes: a slow viewer would get frames that are seconds old. With a short queue, frames wait in the
 * server, where newer ones replace them. Data in flight doesn't count, so a fast connection stays fast with any
 * round-trip time. Does nothing if the kernel doesn't know the option.
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
