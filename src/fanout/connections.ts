import type { Socket } from 'node:net';
import { SendBatch } from './batch-send/send-batch.ts';
import { BufferPool } from './buffer-pool.ts';
import { Connection } from './connection.ts';

/** The connections of a server that frames go to, and what they share. */
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

  /** The connection of a socket: the same one for everyone who writes frames to it. */
  of(socket: Socket): Connection {
    const known = this.#bySocket.get(socket);
    if (known !== undefined) return known;
    const connection = new Connection(socket, this.#batch, this.#pool);
    this.#bySocket.set(socket, connection);
    return connection;
  }

  /** Sends what is left in the batch and gives its memory back. Idempotent; connections go on without it. */
  close(): void {
    this.#batch.close();
  }
}
