import type { Frame } from '../domain/media/frame.ts';
import type { Connection } from '../fanout/connection.ts';
import type { Viewer } from '../fanout/viewer.ts';

/** The data sent to a viewer, and why its stream ended. */
export interface StreamSummary {
  readonly sent: number;
  readonly dropped: number;
  readonly reason: string;
}

/** Options of every stream over HTTP. */
export interface HttpStreamOptions {
  /** The client's connection, whose request has been read; from now on it belongs to the stream. */
  readonly connection: Connection;
  readonly camera: string;
  /** See {@link Viewer.owner}. */
  readonly owner?: string;
  readonly extraHeaders?: Readonly<Record<string, string>>;
  readonly httpVersion: '1.0' | '1.1';
  /** Called once at the end. */
  readonly onEnd?: (summary: StreamSummary) => void;
}

/** Writes the frames of a stream. */
interface Writer {
  readonly sent: number;
  readonly dropped: number;
  write(frame: Frame): void;
  close(): void;
}

/** A response that streams a camera until the client leaves, the camera is removed or somebody closes it. */
export abstract class HttpStream<W extends Writer> implements Viewer {
  protected readonly writer: W;
  owner = '';
  readonly #connection: Connection;
  readonly #closed = Promise.withResolvers<void>();
  #reason = 'the viewer left';

  protected constructor(connection: Connection, writer: W) {
    this.#connection = connection;
    this.writer = writer;
  }

  /** Resolves when the connection is closed and the camera is no longer wanted for it. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /**
   * Writes the response's head, and then frames as they come.
   *
   * @param subscribe adds the stream to the viewers of the camera and returns what removes it
   */
  protected start(
    head: string,
    subscribe: () => () => void,
    options: Pick<HttpStreamOptions, 'onEnd' | 'owner'>,
  ): void {
    const { onEnd, owner = '' } = options;
    this.owner = owner;
    const { socket } = this.#connection;
    socket.setNoDelay(true);
    socket.setTimeout(0);
    // Head and first frame go out in one system call: when many viewers come at once, each call counts.
    socket.cork();
    socket.write(Buffer.from(head, 'latin1'));
    const unsubscribe = subscribe();
    socket.uncork();
    socket.once('close', () => {
      unsubscribe();
      onEnd?.({ sent: this.writer.sent, dropped: this.writer.dropped, reason: this.#reason });
      this.#closed.resolve();
    });
    socket.on('error', () => undefined); // 'close' follows
    socket.once('end', () => socket.destroy());
    // Data that a client sends after its request is read and ignored; that way its leaving is noticed.
    socket.resume();
  }

  offer(frame: Frame): void {
    this.writer.write(frame);
  }

  /** Ends a connection that takes nothing. */
  tick(now: number): void {
    if (!this.#connection.isTaking(now)) this.close('it took nothing for 30 s');
  }

  /** Ends with the camera. */
  end(): void {
    this.close('the camera is gone');
  }

  /** Ends the stream at once. Idempotent. */
  close(reason = 'closed by the server'): void {
    const { socket } = this.#connection;
    if (!socket.destroyed) this.#reason = reason;
    this.writer.close();
    socket.destroy();
  }
}
