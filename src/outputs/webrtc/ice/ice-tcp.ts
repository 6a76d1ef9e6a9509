import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { frameHead, readFramed } from '../../../formats/rtp/framing.ts';
import { receiverUfrag } from '../../../formats/stun/binding-request.ts';

/** How long a connection may take to name its session, in milliseconds. */
const helloLimit = 5_000;
/** The longest packet that a client sends, in bytes. */
const longestPacket = 2_048;
/** The most that queues for a slow connection, in bytes. Packets beyond that are lost, as they would be over UDP. */
const mostQueued = 256 * 1024;
const mostConnections = 1_024;
/** Connections per session: a client opens one for each pair of its addresses and ours. */
const mostPerSession = 8;

/** The UDP address of a session on this machine. */
export interface UdpTarget {
  readonly address: string;
  readonly port: number;
}

/**
 * ICE over TCP (RFC 6544) for a library that only supports UDP. Each connection gets a UDP socket, which passes its
 * packets (framed as in RFC 4571) to the session's port on this machine, and back; for the library it is one more
 * address of the client. Only connections that name an open session get that far.
 */
export class IceTcp {
  readonly #server: Server;
  readonly #targetOf: (ufrag: string) => UdpTarget | null;
  /** The connections, each with the ufrag of its session; null until it is known. */
  readonly #connections = new Map<Socket, string | null>();

  private constructor(targetOf: (ufrag: string) => UdpTarget | null) {
    this.#targetOf = targetOf;
    this.#server = createServer({ noDelay: true }, (socket) => this.#take(socket));
    this.#server.maxConnections = mostConnections;
  }

  /**
   * Listens for connections.
   *
   * @param host undefined for every network
   * @param targetOf finds a session by our ufrag; null if it doesn't exist
   */
  static async open(
    { host, port }: { readonly host: string | undefined; readonly port: number },
    targetOf: (ufrag: string) => UdpTarget | null,
  ): Promise<IceTcp> {
    const ice = new IceTcp(targetOf);
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    ice.#server.once('error', reject);
    ice.#server.listen({ port, ...(host === undefined ? {} : { host }) }, () => resolve(undefined));
    await promise;
    ice.#server.off('error', reject);
    ice.#server.on('error', () => undefined);
    ice.#server.unref();
    return ice;
  }

  /** The port it listens on. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many connections there are. */
  get size(): number {
    return this.#connections.size;
  }

  /** Closes the connections of a session. */
  drop(ufrag: string): void {
    for (const [socket, of] of this.#connections) if (of === ufrag) socket.destroy();
  }

  /** Closes every connection. Resolves when the port is free. Idempotent. */
  async close(): Promise<void> {
    for (const socket of this.#connections.keys()) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #take(socket: Socket): void {
    this.#connections.set(socket, null);
    let bridge: Bridge | null = null;
    const timer = setTimeout(() => bridge === null && socket.destroy(), helloLimit);
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', () => {
      clearTimeout(timer);
      this.#connections.delete(socket);
      bridge?.udp.close();
    });
    readPackets(socket, (packet) => {
      bridge ??= this.#bridge(socket, packet);
      bridge?.udp.send(packet, bridge.target.port, bridge.target.address);
    });
  }

  /** @returns null, and closes the connection, if its first packet doesn't name an open session. */
  #bridge(socket: Socket, hello: Buffer): Bridge | null {
    const ufrag = receiverUfrag(hello);
    const target = ufrag === null ? null : this.#targetOf(ufrag);
    const others = [...this.#connections.values()].filter((each) => each !== null && each === ufrag).length;
    if (target === null || others >= mostPerSession) {
      socket.destroy();
      return null;
    }
    this.#connections.set(socket, ufrag);
    const udp = createSocket(target.address.includes(':') ? 'udp6' : 'udp4');
    udp.on('error', () => socket.destroy());
    udp.on('message', (packet, { port }) => {
      if (port !== target.port || socket.destroyed || socket.writableLength > mostQueued) return;
      socket.cork();
      socket.write(frameHead(packet));
      socket.write(packet);
      socket.uncork();
    });
    udp.bind(0, target.address);
    return { udp: udp.unref(), target };
  }
}

/** A connection's UDP socket towards the library. */
interface Bridge {
  readonly udp: UdpSocket;
  readonly target: UdpTarget;
}

/** Passes on the packets of a connection, and closes one that doesn't frame them right. */
function readPackets(socket: Socket, take: (packet: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    const read = readFramed(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]), longestPacket);
    for (const packet of read.packets) if (!socket.destroyed) take(packet);
    if (read.rest === null) socket.destroy();
    else rest = read.rest;
  });
}
