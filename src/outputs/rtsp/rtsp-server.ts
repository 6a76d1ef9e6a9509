import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Cameras } from '../../cameras/cameras.ts';
import { monotonicNow } from '../../domain/clock.ts';
import { keepSendQueuesShort } from '../../fanout/short-send-queues.ts';
import { UnsentLimit } from '../../fanout/unsent-limit.ts';
import { RtspServerConnection, type RtspServices } from './rtsp-server-connection.ts';
import { RtpTracks } from './rtp-track.ts';
import { UdpPorts } from './udp-ports.ts';

/** How often connections are looked at, in milliseconds. */
const checkInterval = 1_000;

/** How much clients may open. */
export interface RtspLimits {
  /** Connections in all. */
  readonly connections: number;
  /** Connections of one address. */
  readonly perAddress: number;
  /** Connections of one address that nobody has signed in to yet. */
  readonly waitingPerAddress: number;
  /** Sessions of one owner: a user at an address, or an address. */
  readonly sessionsPerOwner: number;
}

const usualLimits: RtspLimits = {
  connections: 2_048,
  perAddress: 512,
  waitingPerAddress: 256,
  sessionsPerOwner: 256,
};

/** Options of {@link RtspServer}. */
export interface RtspServerOptions extends Omit<RtspServices, 'tracks' | 'udp' | 'claimSession'> {
  readonly cameras: Cameras;
  readonly limits?: Partial<RtspLimits>;
  /** What addresses of one client have in common. */
  readonly clientOf?: (address: string) => string;
}

/** Serves the cameras over RTSP 1.0 (RFC 2326), to recorders and players. */
export class RtspServer {
  readonly #limits: RtspLimits;
  readonly #clientOf: (address: string) => string;
  readonly #services: RtspServices;
  readonly #server: Server;
  readonly #connections = new Map<RtspServerConnection, string>();
  readonly #sessions = new Map<string, number>();
  #udp: Promise<UdpPorts> | null = null;
  readonly #closers: (() => unknown)[] = [];
  #closed: Promise<void> | null = null;

  constructor({ limits, clientOf = (address) => address, ...services }: RtspServerOptions) {
    this.#limits = { ...usualLimits, ...limits };
    this.#clientOf = clientOf;
    this.#services = {
      ...services,
      tracks: new RtpTracks(),
      udp: () => this.#openUdp(),
      claimSession: (owner) => this.#claimSession(owner),
    };
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** The TCP port; null while it doesn't listen. */
  get port(): number | null {
    return (this.#server.address() as AddressInfo | null)?.port ?? null;
  }

  /** How many connections are open. */
  get size(): number {
    return this.#connections.size;
  }

  /** Listens on a TCP port; 0 for any free one. */
  async listen({ host, port }: { readonly host: string; readonly port: number }): Promise<void> {
    const server = this.#server;
    server.maxConnections = this.#limits.connections;
    keepSendQueuesShort(server);
    this.#closers.push(UnsentLimit.watch(server));
    const timer = setInterval(() => this.#check(), checkInterval);
    timer.unref();
    this.#closers.push(() => clearInterval(timer));
    this.#closers.push(
      this.#services.cameras.onChange((event) => {
        if (event.type === 'camera' && event.camera.state.kind === 'off') this.#endCamera(event.camera.id);
      }),
    );
    server.listen({ host, port });
    try {
      await once(server, 'listening');
    } catch (error) {
      // For the explanation on the terminal.
      throw Object.assign(error as Error, { option: 'rtsp-port' });
    }
    server.on('error', (error) => this.#services.log.error({ err: error }, 'the RTSP server has a problem'));
    this.#services.log.info({ port: this.port }, 'listening for RTSP');
  }

  /** Ends all connections. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    for (const close of this.#closers) close();
    const isListening = this.#server.listening;
    if (isListening) this.#server.close();
    for (const connection of [...this.#connections.keys()]) connection.close('closing');
    if (isListening) await once(this.#server, 'close');
    const udp = await this.#udp?.catch(() => null);
    udp?.close();
  }

  #accept(socket: Socket): void {
    const address = this.#clientOf(socket.remoteAddress ?? '');
    let [all, waiting] = [0, 0];
    for (const [connection, each] of this.#connections) {
      if (each !== address) continue;
      all += 1;
      if (!connection.isSignedIn) waiting += 1;
    }
    if (all >= this.#limits.perAddress || waiting >= this.#limits.waitingPerAddress) {
      socket.destroy();
      return;
    }
    const connection = new RtspServerConnection(socket, this.#services);
    this.#connections.set(connection, address);
    void connection.run().finally(() => this.#connections.delete(connection));
  }

  #check(): void {
    const now = monotonicNow();
    for (const connection of [...this.#connections.keys()]) connection.check(now);
  }

  /** A camera that is off sends nothing: clients that ask again learn why. */
  #endCamera(id: string): void {
    for (const connection of [...this.#connections.keys()]) {
      if (connection.camera === id) connection.close('the camera is off');
    }
  }

  #openUdp(): Promise<UdpPorts> {
    const opening = (this.#udp ??= UdpPorts.open((this.#server.address() as AddressInfo).address));
    opening.catch(() => {
      if (this.#udp === opening) this.#udp = null;
    });
    return opening;
  }

  #claimSession(owner: string): (() => void) | null {
    const count = this.#sessions.get(owner) ?? 0;
    if (count >= this.#limits.sessionsPerOwner) return null;
    this.#sessions.set(owner, count + 1);
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      const left = (this.#sessions.get(owner) ?? 1) - 1;
      if (left === 0) this.#sessions.delete(owner);
      else this.#sessions.set(owner, left);
    };
  }
}
