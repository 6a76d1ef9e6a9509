import { once } from 'node:events';
import { connect, createServer, isIP, type AddressInfo, type Server, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { PortholeError } from '../../domain/errors.ts';
import type { ReplyGuard } from './reply-guard.ts';

/** How long connecting to a camera may take, in milliseconds. */
const connectLimit = 5_000;

const defaultPorts: Readonly<Record<string, number>> = { 'rtsp:': 554, 'rtsps:': 322, 'http:': 80, 'https:': 443 };

/** The camera that a {@link Relay} connects to. */
export interface RelayTarget {
  /** The camera's URL, as configured. */
  readonly url: string;
  /** The IP addresses of its host, already checked; they are tried in turn. */
  readonly addresses: readonly string[];
}

/**
 * The only way from FFmpeg to a network camera: a local port that forwards to the address that was checked, even if the
 * camera's name resolves differently later or the camera redirects its clients. TLS ends here, without verification of
 * the certificate, because cameras use self-signed ones.
 */
export class Relay implements AsyncDisposable {
  readonly #target: RelayTarget;
  readonly #guard: () => ReplyGuard;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** The first connection, opened before FFmpeg needs it; null once it is used. */
  #ready: Socket | null;
  #problem: PortholeError | null = null;

  private constructor(target: RelayTarget, guard: () => ReplyGuard, ready: Socket) {
    this.#target = target;
    this.#guard = guard;
    this.#ready = this.#keep(ready);
    this.#server = createServer((client) => void this.#serve(this.#keep(client)));
  }

  /**
   * Connects to the camera and starts listening for FFmpeg.
   *
   * @param guard creates the filter for the camera's replies, once per connection
   * @throws {PortholeError} `source_refused` or `source_unreachable`.
   */
  static async open(target: RelayTarget, guard: () => ReplyGuard): Promise<Relay> {
    const relay = new Relay(target, guard, await reach(target));
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  /** The camera's URL with the relay as its host, without TLS. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return this.#target.url.replace(
      /^([a-z]+?)s?:\/\/([^/?#]*@)?[^/?#]*/i,
      (_all, scheme: string, login: string | undefined) => `${scheme}://${login ?? ''}127.0.0.1:${port}`,
    );
  }

  /** Why the relay has failed; null while it works. */
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
export async function reach({ url, addresses }: RelayTarget): Promise<Socket> {
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
    ? 'The server at this address does not speak TLS. Check the port, or use rtsp:// or http:// without "s".'
    : undefined;
  return new PortholeError(error.code === 'ECONNREFUSED' ? 'source_refused' : 'source_unreachable', {
    detail: error.code ?? error.message,
    ...(message === undefined ? {} : { message }),
  });
}
