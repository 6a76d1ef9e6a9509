import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { beyondLimit, cameraLimits, inMegabytes } from '../../domain/cameras/camera-limits.ts';
import { PortholeError } from '../../domain/errors.ts';
import { type CameraAddress, reach } from '../../network/reach.ts';
import { isOwnConnection } from './own-connection.ts';
import { sentence } from '../../messages/sentence.ts';

/**
 * Connects FFmpeg's socket to the camera's.
 *
 * @param localUrl the relay's URL, without a path
 * @param failed called with the reason if the connection can't go on; the sockets are closed already
 */
export type Join = (client: Socket, camera: Socket, localUrl: string, failed: (error: PortholeError) => void) => void;

/**
 * FFmpeg's only connection to a network camera: a local port that forwards to the address that was checked, even if the
 * camera's name resolves differently later or the camera redirects its clients. TLS ends here, without verification of
 * the certificate, because cameras use self-signed ones.
 */
export class Relay implements AsyncDisposable {
  readonly #target: CameraAddress;
  readonly #join: Join;
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  /** The first connection, opened before FFmpeg needs it; null once it is used. */
  #ready: Socket | null;
  #problem: PortholeError | null = null;
  /** Bytes of the camera since the last frame. */
  #sinceFrame = 0;

  private constructor(target: CameraAddress, join: Join, ready: Socket) {
    this.#target = target;
    this.#join = join;
    this.#ready = prepared(ready);
    this.#server = createServer((client) => void this.#serve(prepared(client)));
  }

  /**
   * Connects to the camera and starts listening for FFmpeg.
   *
   * @param ready a connection to the camera; a new one if left out
   * @throws {PortholeError} `source_refused` or `source_unreachable`.
   */
  static async open(target: CameraAddress, join: Join, ready?: Socket): Promise<Relay> {
    const relay = new Relay(target, join, ready ?? (await reach(target)));
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  /** The camera's URL with the relay as its host, without TLS. */
  get url(): string {
    return this.#target.url.replace(
      /^[a-z]+:\/\/([^/?#]*@)?[^/?#]*/i,
      (_all, login: string | undefined) => `${this.#scheme}://${login ?? ''}${this.#host}`,
    );
  }

  /** `http` or `rtsp`. */
  get #scheme(): string {
    return this.#target.url.slice(0, 4).toLowerCase();
  }

  get #host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Why the relay has failed; null while it works. */
  get problem(): PortholeError | null {
    return this.#problem;
  }

  /** FFmpeg has delivered a frame. The next one may take {@link cameraLimits.withoutFrame}. */
  noteFrame(): void {
    this.#sinceFrame = 0;
  }

  /** Closes every connection. A client that is closed ends its session with the camera. Idempotent. */
  async close(): Promise<void> {
    this.#server.close();
    this.#ready?.destroy();
    const clients = Array.from(this.#clients, (client) => once(client.destroy(), 'close'));
    await Promise.all(clients);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #serve(client: Socket): Promise<void> {
    // The relay signs in for FFmpeg, so nobody else on this machine may connect. FFmpeg opens one RTSP connection.
    if (!isOwnConnection(client) || (this.#ready === null && this.#scheme === 'rtsp')) {
      client.destroy();
      return;
    }
    this.#clients.add(client);
    client.once('close', () => this.#clients.delete(client));
    try {
      const camera = this.#ready ?? prepared(await reach(this.#target));
      this.#ready = null;
      this.#join(client, camera, `${this.#scheme}://${this.#host}`, (error) => {
        this.#problem ??= error;
      });
      camera.on('data', (bytes: Buffer) => this.#count(bytes.length));
    } catch (error) {
      if (error instanceof PortholeError) this.#problem ??= error;
      client.destroy();
    }
  }

  #count(bytes: number): void {
    this.#sinceFrame += bytes;
    if (this.#sinceFrame <= cameraLimits.withoutFrame) return;
    const limit = inMegabytes(cameraLimits.withoutFrame);
    this.#problem ??= beyondLimit(
      sentence('camera_beyond_gap', { size: limit }),
      sentence('camera_beyond_each', { size: limit }),
    );
    for (const client of this.#clients) client.destroy();
  }
}

function prepared(socket: Socket): Socket {
  socket.setNoDelay(true);
  socket.on('error', () => undefined); // 'close' follows
  return socket;
}
