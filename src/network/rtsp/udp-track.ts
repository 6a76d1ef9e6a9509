import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { monotonicNow } from '../../domain/clock.ts';
import { RtpOrder } from '../../formats/rtp/rtp-order.ts';

/** The kernel keeps this much of a burst, such as a keyframe, in bytes. */
const receiveBuffer = 2 * 1024 * 1024;
const mostTries = 20;

/** Options of {@link UdpTrack.open}. */
export interface UdpTrackOptions {
  /** The camera's address. Packets from others are ignored, and nothing is sent to others. */
  readonly camera: string;
  /** The address of this machine under which the camera knows it. */
  readonly local: string;
  /** Receives each packet, those of RTP in order. */
  readonly take: (packet: Buffer, kind: 'rtp' | 'rtcp') => void;
}

/** The two UDP ports of one RTP track (RFC 3550, section 11): an even one for RTP and the next one for RTCP. */
export class UdpTrack implements Disposable {
  readonly #rtp: Socket;
  readonly #rtcp: Socket;
  readonly #camera: string;
  readonly #take: UdpTrackOptions['take'];
  readonly #order = new RtpOrder();
  #timer: NodeJS.Timeout | undefined;
  #serverPort = 0;

  private constructor(rtp: Socket, rtcp: Socket, { camera, take }: UdpTrackOptions) {
    [this.#rtp, this.#rtcp, this.#camera, this.#take] = [rtp, rtcp, camera, take];
    for (const [socket, receive] of [
      [rtp, (packet: Buffer) => this.#receive(packet)],
      [rtcp, (packet: Buffer) => take(packet, 'rtcp')],
    ] as const) {
      socket.on('error', () => undefined);
      socket.on('message', (packet, from) => {
        if (plainAddress(from.address) === plainAddress(camera)) receive(packet);
      });
      try {
        socket.setRecvBufferSize(receiveBuffer);
      } catch {
        // The kernel's own size does for small streams.
      }
    }
  }

  /** Opens two neighbouring ports. @throws {Error} if no two are free */
  static async open(options: UdpTrackOptions): Promise<UdpTrack> {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const rtp = await bind(options.local, 0);
      const port = rtp?.address().port ?? 1;
      const rtcp = port % 2 === 0 ? await bind(options.local, port + 1) : null;
      if (rtp !== null && rtcp !== null) return new UdpTrack(rtp, rtcp, options);
      rtp?.close();
      rtcp?.close();
    }
    throw new Error('no two neighbouring UDP ports are free');
  }

  /** The port for RTP. */
  get port(): number {
    return this.#rtp.address().port;
  }

  /** Sets the camera's port for RTP, and sends a first packet to both ports, which opens the way through firewalls. */
  connect(serverPort: number): void {
    this.#serverPort = serverPort;
    if (serverPort === 0) return;
    this.#rtp.send(Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), serverPort, this.#camera);
    this.send(Buffer.from([0x80, 0xc9, 0, 1, 0, 0, 0, 0])); // an empty receiver report (RFC 3550, section 6.4.2)
  }

  /** Sends a packet of RTCP to the camera. */
  send(rtcp: Buffer): void {
    if (this.#serverPort !== 0) this.#rtcp.send(rtcp, this.#serverPort + 1, this.#camera);
  }

  #receive(packet: Buffer): void {
    this.#pass(this.#order.push(packet, monotonicNow()));
  }

  #pass(packets: readonly Buffer[]): void {
    for (const packet of packets) this.#take(packet, 'rtp');
    clearTimeout(this.#timer);
    const { deadline } = this.#order;
    if (deadline === null) return;
    this.#timer = setTimeout(() => this.#expire(), Math.max(1, deadline - monotonicNow()));
  }

  /** If this process is late, the missing packets may have arrived already: they are read first. */
  #expire(): void {
    setImmediate(() => this.#pass(this.#order.expire(monotonicNow())));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#rtp.close();
    this.#rtcp.close();
  }
}

async function bind(address: string, port: number): Promise<Socket | null> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  socket.bind(port, address);
  try {
    await once(socket, 'listening');
    return socket;
  } catch {
    socket.close();
    return null;
  }
}

/** An IPv4 address that is written as an IPv6 one, in its own form. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
}
