import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** STUN's magic cookie, its binding request and the attribute that names both sides (RFC 8489). */
const cookie = 0x2112a442;
const bindingRequest = 1;
const username = 6;

/** How long a connection may take to say for which session it comes, in milliseconds. */
const helloLimit = 5_000;
/** A client sends nothing longer than this, in bytes. */
const longestPacket = 2_048;
/** More than this does not wait for a slow line, in bytes: what comes then is lost, as it would be with UDP. */
const mostWaiting = 256 * 1024;
const mostConnections = 1_024;
/** A client calls once for each of its addresses and ours. */
const mostForOne = 8;

/** Where a session's UDP is reached inside this machine. */
export interface UdpTarget {
  readonly address: string;
  readonly port: number;
}

/**
 * ICE over TCP (RFC 6544) for a library that knows UDP alone: each connection is given a UDP socket of its own, which
 * hands its packets (framed as in RFC 4571) to the session's port in this machine and back. For the library it is a
 * client with one more address. Only who names a session that there is gets so far.
 */
export class IceTcp {
  readonly #server: Server;
  readonly #targetOf: (ufrag: string) => UdpTarget | null;
  /** The connections, each with the session it belongs to. */
  readonly #connections = new Map<Socket, string | null>();

  private constructor(targetOf: (ufrag: string) => UdpTarget | null) {
    this.#targetOf = targetOf;
    this.#server = createServer({ noDelay: true }, (socket) => this.#take(socket));
    this.#server.maxConnections = mostConnections;
  }

  /**
   * Listens.
   *
   * @param host undefined for every network
   * @param targetOf tells where the session with this name of ours is reached; null if there is none
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

  /** Ends the connections of a session. */
  drop(ufrag: string): void {
    for (const [socket, of] of this.#connections) if (of === ufrag) socket.destroy();
  }

  /** Ends every connection. Resolves when the port is free. Idempotent. */
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
    readFrames(socket, (packet) => {
      bridge ??= this.#bridge(socket, packet);
      bridge?.udp.send(packet, bridge.target.port, bridge.target.address);
    });
  }

  /** @returns null, and ends the connection, if this is nobody for a session. */
  #bridge(socket: Socket, hello: Buffer): Bridge | null {
    const ufrag = calledUfrag(hello);
    const target = ufrag === null ? null : this.#targetOf(ufrag);
    const others = [...this.#connections.values()].filter((each) => each !== null && each === ufrag).length;
    if (target === null || others >= mostForOne) {
      socket.destroy();
      return null;
    }
    this.#connections.set(socket, ufrag);
    const udp = createSocket(target.address.includes(':') ? 'udp6' : 'udp4');
    udp.on('error', () => socket.destroy());
    udp.on('message', (packet, { port }) => {
      if (port !== target.port || socket.destroyed || socket.writableLength > mostWaiting) return;
      const length = Buffer.allocUnsafe(2);
      length.writeUInt16BE(packet.length);
      socket.cork();
      socket.write(length);
      socket.write(packet);
      socket.uncork();
    });
    udp.bind(0, target.address);
    return { udp: udp.unref(), target };
  }
}

/** What stands for one connection towards the library. */
interface Bridge {
  readonly udp: UdpSocket;
  readonly target: UdpTarget;
}

/** Reads packets with their length in two bytes before each (RFC 4571, section 2). */
function readFrames(socket: Socket, take: (packet: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 2 && !socket.destroyed) {
      const length = rest.readUInt16BE();
      if (length === 0 || length > longestPacket) {
        socket.destroy();
        return;
      }
      if (rest.length < 2 + length) return;
      take(rest.subarray(2, 2 + length));
      rest = rest.subarray(2 + length);
    }
  });
}

/** The name of ours by which a binding request calls (RFC 8445, section 7.2.2); null for anything else. */
export function calledUfrag(packet: Buffer): string | null {
  if (packet.length < 20 || packet.readUInt16BE() !== bindingRequest || packet.readUInt32BE(4) !== cookie) return null;
  const end = Math.min(packet.length, 20 + packet.readUInt16BE(2));
  let at = 20;
  while (at + 4 <= end) {
    const length = packet.readUInt16BE(at + 2);
    if (packet.readUInt16BE(at) === username && at + 4 + length <= end) {
      return packet.toString('latin1', at + 4, at + 4 + length).split(':')[0] ?? null;
    }
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return null;
}
