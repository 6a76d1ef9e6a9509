import { createSocket, type Socket } from 'node:dgram';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';

/** The ports that are tried: even ones, each with the next one (RFC 3550, section 11). */
const range = [20_000, 60_000] as const;
const mostTries = 40;

/** The UDP ports of a server, for RTP and RTCP, which all its viewers share. */
export class UdpPorts {
  readonly #rtp: Socket;
  readonly #rtcp: Socket;
  /** Called for each packet from an address and port. */
  readonly #listeners = new Map<string, () => void>();
  /** The number of RTP; RTCP has the next one. */
  readonly port: number;

  private constructor(rtp: Socket, rtcp: Socket) {
    this.#rtp = rtp;
    this.#rtcp = rtcp;
    this.port = rtp.address().port;
    for (const socket of [rtp, rtcp]) {
      // Clients that are gone make the kernel report errors about later packets.
      socket.on('error', () => undefined);
      socket.on('message', (_, { address, port }) => this.#listeners.get(`${address} ${port}`)?.());
    }
  }

  /**
   * Opens both.
   *
   * @param address the server's own IP address
   * @throws if no two ports are free
   */
  static async open(address: string): Promise<UdpPorts> {
    let problem: unknown;
    for (let left = mostTries; left > 0; left -= 1) {
      const port = randomInt(range[0] / 2, range[1] / 2) * 2;
      try {
        const rtp = await bind(port, address);
        try {
          return new UdpPorts(rtp, await bind(port + 1, address));
        } catch (error) {
          rtp.close();
          throw error;
        }
      } catch (error) {
        problem = error;
      }
    }
    throw problem;
  }

  /** Calls back when something comes from a client's ports: it is alive. @returns a function that ends it */
  onHeard(address: string, ports: readonly number[], listener: () => void): () => void {
    const keys = ports.map((port) => `${address} ${port}`);
    for (const key of keys) this.#listeners.set(key, listener);
    return () => {
      for (const key of keys) if (this.#listeners.get(key) === listener) this.#listeners.delete(key);
    };
  }

  send(packet: Buffer, port: number, address: string): void {
    this.#rtp.send(packet, port, address, ignore);
  }

  sendReport(packet: Buffer, port: number, address: string): void {
    this.#rtcp.send(packet, port, address, ignore);
  }

  close(): void {
    this.#rtp.close();
    this.#rtcp.close();
  }
}

/** Packets that the kernel refuses are lost, as usual with UDP. */
function ignore(): void {
  // Without a callback, an error would be thrown.
}

async function bind(port: number, address: string): Promise<Socket> {
  const isV6 = isIPv6(address);
  const socket = createSocket({
    type: isV6 ? 'udp6' : 'udp4',
    // Addresses need no lookup, and Node.js would wait a turn for one.
    lookup: (host, _options, callback) => callback(null, host, isV6 ? 6 : 4),
    sendBufferSize: 1024 * 1024,
  });
  try {
    // Without a lookup, it may listen before `bind` returns.
    const listening = once(socket, 'listening');
    socket.bind(port, address);
    await listening;
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}
