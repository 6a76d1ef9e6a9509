import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** An RTSP proxy that rejects one stream. */
export interface RtspRefusal extends AsyncDisposable {
  /** The proxy's URL of the stream. */
  readonly url: string;
  /** The number of rejections so far. */
  readonly refused: number;
}

/**
 * Starts a proxy that forwards everything except the SETUP of one stream (RFC 2326, section 10.4), which it rejects,
 * like cameras that announce audio although it is switched off.
 *
 * @param url the URL of the other server
 * @param control the part of the stream's URL that identifies it, such as `stream=1`
 */
export async function startRtspRefusal(url: string, control: string): Promise<RtspRefusal> {
  const { port, pathname } = new URL(url);
  let refused = 0;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
    }
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroy());
    far.pipe(near);
    near.on('data', (bytes: Buffer) => {
      const head = bytes.toString('latin1');
      if (!head.startsWith('SETUP ') || !head.split('\r\n')[0]?.includes(control)) {
        far.write(bytes);
        return;
      }
      refused += 1;
      near.write(`RTSP/1.0 500 Internal Server Error\r\nCSeq: ${/^CSeq: *(\d+)/im.exec(head)?.[1]}\r\n\r\n`);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `rtsp://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`,
    get refused() {
      return refused;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
