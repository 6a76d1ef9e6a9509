import { once } from 'node:events';
import { connect, createServer, isIP, type AddressInfo, type Server, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { PortholeError } from '../../domain/errors.ts';
import type { ReplyGuard } from './reply-guard.ts';

/** How long a camera may take to accept a connection, in milliseconds. */
const connectLimit = 5_000;

const defaultPorts: Readonly<Record<string, number>> = { 'rtsp:': 554, 'rtsps:': 322, 'http:': 80, 'https:': 443 };

/** Where a {@link Relay} leads. */
export interface RelayTarget {
  /** The camera's URL, as configured. */
  readonly url: string;
  /** Its host's IP addresses, which were checked; they are tried in turn. */
  readonly addresses: readonly string[];
}

/**
 * The only way from FFmpeg to a network camera: a port of this machine that leads to the one address that was checked,
 * whatever the camera's name means a moment later and wherever the camera would like to send its clients. TLS ends
 * here, without proof of who answers, since cameras sign their certificates themselves.
 */
export class Relay implements AsyncDisposable {
  readonly #target: RelayTarget;
  readonly #guard: () => ReplyGuard;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** The first connection, made before FFmpeg asks for one. */
  #ready: Socket | null;
  #problem: PortholeError | null = null;

  private constructor(target: RelayTarget, guard: () => ReplyGuard, ready: Socket) {
    this.#target = target;
    this.#guard = guard;
    this.#ready = this.#keep(ready);
    this.#server = createServer((client) => void this.#serve(this.#keep(client)));
  }

  /**
   * Connects to the camera and opens the way to it.
   *
   * @param guard makes what looks through the camera's replies, for one connection
   * @throws {PortholeError} `source_refused` or `source_unreachable`.
   */
  static async open(target: RelayTarget, guard: () => ReplyGuard): Promise<Relay> {
    const relay = new Relay(target, guard, await reach(target));
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  /** The camera's URL with the relay in its host's place, without TLS. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return this.#target.url.replace(
      /^([a-z]+?)s?:\/\/([^/?#]*@)?[^/?#]*/i,
      (_all, scheme: string, login: string | undefined) => `${scheme}://${login ?? ''}127.0.0.1:${port}`,
    );
  }

  /** Why the camera's replies were not passed on; null while they are. */
  get problem(): PortholeError | null {
    return this.#problem;
  }

  /** Closes every connection. Idempotent. */
  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #serve(client: Socket): Promise<void> {
    try {
      const camera = this.#ready ?? this.#keep(await reach(this.#target));
      this.#ready = null;
      const guard = this.#guard();
      client.pipe(camera).pipe(guard).pipe(client);
      client.once('close', () => camera.destroy());
      camera.once('close', () => guard.end());
      guard.once('error', (error) => {
        if (error instanceof PortholeError) this.#problem ??= error;
        client.destroy();
      });
    } catch (error) {
      if (error instanceof PortholeError) this.#problem ??= error;
      client.destroy();
    }
  }

  #keep(socket: Socket): Socket {
    socket.setNoDelay(true);
    socket.on('error', () => undefined); // 'close' follows
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  }
}

/** Connects to the camera. @throws {PortholeError} `source_refused` or `source_unreachable`. */
async function reach({ url, addresses }: RelayTarget): Promise<Socket> {
  const { protocol, hostname, port: written } = new URL(url);
  const port = written === '' ? defaultPorts[protocol] : Number(written);
  const isTls = protocol === 'rtsps:' || protocol === 'https:';
  const named = isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? { servername: hostname } : {};
  let problem = new PortholeError('source_unreachable');
  for (const host of addresses) {
    const to = { host, port: port ?? 0 };
    const socket = isTls ? connectTls({ ...to, ...named, rejectUnauthorized: false }) : connect(to);
    try {
      await once(socket, isTls ? 'secureConnect' : 'connect', { signal: AbortSignal.timeout(connectLimit) });
      return socket;
    } catch (error) {
      socket.destroy();
      problem = explain(error as NodeJS.ErrnoException, isTls);
    }
  }
  throw problem;
}

function explain(error: NodeJS.ErrnoException, isTls: boolean): PortholeError {
  const notTls = isTls && (error.code?.startsWith('ERR_SSL') === true || error.code === 'EPROTO');
  const message = notTls
    ? 'What answers at this address does not speak TLS. Check the port, or write rtsp:// or http:// without "s".'
    : undefined;
  return new PortholeError(error.code === 'ECONNREFUSED' ? 'source_refused' : 'source_unreachable', {
    detail: error.code ?? error.message,
    ...(message === undefined ? {} : { message }),
  });
}
