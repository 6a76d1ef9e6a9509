import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A network between a browser and a server that the test can take away. */
export interface Network extends AsyncDisposable {
  /** Where the browser finds the server. */
  readonly url: string;
  /** Nothing passes any more and nobody says so, as when a phone leaves the house. */
  hush(): void;
  /** Breaks every connection and refuses new ones. */
  cut(): void;
  /** What was hushed goes on, and new connections are made again. */
  mend(): void;
}

/**
 * Puts a network before a server.
 *
 * @param change what becomes of the bytes that the server sends, piece by piece
 */
export async function startNetwork(server: string, change = (bytes: Buffer): Buffer => bytes): Promise<Network> {
  const { hostname, port } = new URL(server);
  const sockets = new Set<Socket>();
  let state: 'open' | 'hushed' | 'cut' = 'open';
  const listener = createServer((near) => {
    if (state === 'cut') {
      near.destroy();
      return;
    }
    const far = connect(Number(port), hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.once('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.on('data', (bytes: Buffer) => {
        if (to.write(from === far ? change(bytes) : bytes)) return;
        from.pause();
        to.once('drain', () => state !== 'hushed' && from.resume());
      });
      if (state === 'hushed') from.pause();
    }
  });
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    hush() {
      state = 'hushed';
      for (const socket of sockets) socket.pause();
    },
    cut() {
      state = 'cut';
      for (const socket of sockets) socket.destroy();
    },
    mend() {
      state = 'open';
      for (const socket of sockets) socket.resume();
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const socket of sockets) socket.destroy();
      await once(listener, 'close');
    },
  };
}
