import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { descriptorOf } from '../../src/fanout/node-internals.ts';

/** Both ends of a connection. The client has read nothing yet. */
export interface SocketPair {
  readonly server: Socket;
  readonly client: Socket;
}

/** The TCP connections of a test, with both ends in this process. */
export class SocketPairs {
  readonly #opened: { destroy(): unknown }[] = [];

  /** Adds something to close together with the connections. */
  add(...opened: readonly { destroy(): unknown }[]): void {
    this.#opened.push(...opened);
  }

  /** Starts a server that accepts connections and reads nothing. */
  async listen(): Promise<Server> {
    const listener = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    this.add({ destroy: () => listener.close() });
    return listener;
  }

  /** Opens a connection, to a new server if none is given. */
  async open(given?: Server): Promise<SocketPair> {
    const listener = given ?? (await this.listen());
    const client = connect((listener.address() as AddressInfo).port, '127.0.0.1').pause();
    const [server] = (await once(listener, 'connection')) as [Socket];
    if (given === undefined) listener.close();
    this.add(client, server);
    return { server, client };
  }

  /** Opens connections until one end has the given descriptor. @returns that end and the other */
  async openWith(descriptor: number): Promise<readonly [heir: Socket, other: Socket]> {
    // The kernel assigns the lowest free descriptor.
    const listener = await this.listen();
    for (let tries = 0; tries < 50; tries += 1) {
      const { server, client } = await this.open(listener);
      if (descriptorOf(server) === descriptor) return [server, client];
      if (descriptorOf(client) === descriptor) return [client, server];
    }
    throw new Error(`no connection got the descriptor ${descriptor}`);
  }

  /** Closes all of them. */
  close(): void {
    for (const each of this.#opened.splice(0)) each.destroy();
  }
}

/** Collects the bytes that a client receives from now on. */
export function received(client: Socket): { readonly bytes: () => Buffer } {
  const chunks: Buffer[] = [];
  client.on('data', (chunk: Buffer) => chunks.push(chunk));
  client.resume();
  return { bytes: () => Buffer.concat(chunks) };
}
