import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A network between a browser and a server that a test can interrupt. */
export interface Network extends AsyncDisposable {
  /** The server's URL for the browser. */
  readonly url: string;
  /** Silently drops all traffic, as when a phone leaves the house. */
  hush(): void;
  /** Closes every connection and rejects new ones. */
  cut(): void;
  /** Resumes dropped traffic, and accepts new connections again. */
  mend(): void;
}

/**
 * Puts a network in front of a server.
 *
 * @param change transforms the server's bytes, chunk by chunk
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
