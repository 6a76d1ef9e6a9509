import type { Socket } from 'node:net';
import { SendBatch } from './batch-send/send-batch.ts';
import { BufferPool } from './buffer-pool.ts';
import { Connection } from './connection.ts';

/** The connections that a server writes frames to, and their shared `SendBatch` and `BufferPool`. */
export class Connections {
  readonly #batch: SendBatch;
  readonly #pool = new BufferPool();
  readonly #bySocket = new WeakMap<Socket, Connection>();

  private constructor(batch: SendBatch) {
    this.#batch = batch;
  }

  /** @param batchSend whether to send a frame to all its viewers in one system call, where the kernel allows it */
  static open({ batchSend = true }: { readonly batchSend?: boolean } = {}): Connections {
    return new Connections(SendBatch.open({ batchSend }));
  }

  /** The connection of a socket. All writers of a socket share one. */
  of(socket: Socket): Connection {
    const known = this.#bySocket.get(socket);
    if (known !== undefined) return known;
    const connection = new Connection(socket, this.#batch, this.#pool);
    this.#bySocket.set(socket, connection);
    return connection;
  }

  /** Sends the rest of the batch and releases its memory. Idempotent. Connections then write one by one. */
  close(): void {
    this.#batch.close();
  }
}
