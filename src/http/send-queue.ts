import type { Server, Socket } from 'node:net';
import { load } from 'koffi';

/** The most that waits in the system for a connection, beside what is on its way already, in bytes. */
const limit = Buffer.from(Int32Array.of(64 * 1024).buffer);
/** As Linux numbers them: `<netinet/in.h>` and `<netinet/tcp.h>`. */
const IPPROTO_TCP = 6;
const TCP_NOTSENT_LOWAT = 25;

const setsockopt = load(null).func('int setsockopt(int fd, int level, int name, void *value, unsigned int length)') as (
  descriptor: number,
  level: number,
  name: number,
  value: Buffer,
  length: number,
) => number;

/**
 * Keeps short what the system holds for the connections of a server (`TCP_NOTSENT_LOWAT`, tcp(7)), which is else up to
 * some megabytes for each: seconds of pictures for a viewer that takes them slowly, each as old as what waits before it.
 * So they wait here, where a newer one takes their place. What is on its way and not acknowledged yet does not count, so a
 * fast line is as fast as before, however long it is. Where the system does not know the option nothing happens.
 */
export function keepSendQueuesShort(server: Server): void {
  if (process.platform !== 'linux') return;
  server.on('connection', (socket: Socket) => {
    const { fd = -1 } = (socket as unknown as { readonly _handle: { readonly fd?: number } | null })._handle ?? {};
    if (fd >= 0) setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, limit, limit.length);
  });
}
