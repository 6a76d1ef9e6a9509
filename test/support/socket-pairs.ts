import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { descriptorOf } from '../../src/fanout/node-internals.ts';

/** Both ends of a connection: the server's, and the client's, which has read nothing yet. */
export interface SocketPair {
  readonly server: Socket;
  readonly client: Socket;
}

/** Real TCP connections of a test, both ends in this process. */
export class SocketPairs {
  readonly #opened: { destroy(): unknown }[] = [];

  /** Ends another thing with them. */
  add(...opened: readonly { destroy(): unknown }[]): void {
    this.#opened.push(...opened);
  }

  /** A server that takes connections and reads nothing. */
  async listen(): Promise<Server> {
    const listener = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    this.add({ destroy: () => listener.close() });
    return listener;
  }

  /** Opens one, by a server of its own where none is given. */
  async open(given?: Server): Promise<SocketPair> {
    const listener = given ?? (await this.listen());
    const client = connect((listener.address() as AddressInfo).port, '127.0.0.1').pause();
    const [server] = (await once(listener, 'connection')) as [Socket];
    if (given === undefined) listener.close();
    this.add(client, server);
    return { server, client };
  }

  /** Opens connections until one end of one has a descriptor. @returns that end, and the other */
  async openWith(descriptor: number): Promise<readonly [heir: Socket, other: Socket]> {
    // The system gives the lowest free one.
    const listener = await this.listen();
    for (let tries = 0; tries < 50; tries += 1) {
      const { server, client } = await this.open(listener);
      if (descriptorOf(server) === descriptor) return [server, client];
      if (descriptorOf(client) === descriptor) return [client, server];
    }
    throw new Error(`no connection had the descriptor ${descriptor}`);
  }

  /** Ends all of them. */
  close(): void {
    for (const each of this.#opened.splice(0)) each.destroy();
  }
}

/** What a client receives from now on. */
export function received(client: Socket): { readonly bytes: () => Buffer } {
  const chunks: Buffer[] = [];
  client.on('data', (chunk: Buffer) => chunks.push(chunk));
  client.resume();
  return { bytes: () => Buffer.concat(chunks) };
}
