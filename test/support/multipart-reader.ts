import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setReceiveBuffer } from './receive-buffer.ts';

/** One part of a multipart stream, as received. */
export interface Part {
  /** Header values by lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly bytes: Buffer;
  /** When its last byte arrived, in milliseconds of `performance.now()`. */
  readonly arrivedAt: number;
}

/** Options of a request for a stream. */
export interface ReaderOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** The size of the client's receive buffer, in bytes; by default it grows to several megabytes. */
  readonly receiveBuffer?: number;
}

/** Opens a stream over a new socket, and reads the head of the reply. */
export async function openMultipart(url: string | URL, options: ReaderOptions = {}): Promise<MultipartReader> {
  const { hostname, port, pathname, search, host } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  await once(socket, 'connect');
  if (options.receiveBuffer !== undefined) setReceiveBuffer(socket, options.receiveBuffer);
  const lines = Object.entries({ host, ...options.headers }).map(([name, value]) => `${name}: ${value}`);
  socket.write(`GET ${pathname}${search} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  const reader = new MultipartReader(socket);
  await reader.readHead();
  return reader;
}

/**
 * Reads `multipart/x-mixed-replace` like a strict client: the body starts with the boundary, every part has its exact
 * Content-Length and is followed by the boundary. Anything else is an error.
 */
export class MultipartReader {
  readonly #socket: Socket;
  /** The status of the reply. */
  status = 0;
  /** Header values of the reply by lower-case name. */
  headers: ReadonlyMap<string, string> = new Map();
  #buffer: Buffer = Buffer.alloc(0);
  #arrivedAt = 0;
  #wake: () => void = () => {};
  #ended = false;
  #begun = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
      this.#arrivedAt = performance.now();
      this.#wake();
    });
    // A stream may end with a reset.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  /** True once the other side has closed, or {@link close} was called. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Reads status and headers. Called by {@link openMultipart}. */
  async readHead(): Promise<void> {
    const head = await this.#takeThrough('\r\n\r\n');
    if (head === null) throw new Error('the connection was closed without a reply');
    const [first = '', ...lines] = head.split('\r\n');
    this.status = Number(first.split(' ')[1]);
    this.headers = headersOf(lines);
  }

  /** Reads the next part; null if the stream ends between two parts. */
  async next(): Promise<Part | null> {
    const boundary = /^multipart\/x-mixed-replace; ?boundary=([^\s;"]+)$/.exec(
      this.headers.get('content-type') ?? '',
    )?.[1];
    if (boundary === undefined) throw new Error(`not a stream: ${this.headers.get('content-type')}`);
    if (!this.#begun) {
      const opening = await this.#takeThrough('\r\n');
      if (opening === null) return null;
      if (opening !== `--${boundary}`) throw new Error(`the body starts with "${opening}"`);
      this.#begun = true;
    }
    const head = await this.#takeThrough('\r\n\r\n');
    if (head === null) return null;
    const headers = headersOf(head.split('\r\n'));
    const length = Number(headers.get('content-length'));
    if (!Number.isInteger(length) || length <= 0) throw new Error(`a part without a Content-Length: ${head}`);
    const closing = `\r\n--${boundary}\r\n`;
    const all = await this.#take(length + closing.length);
    if (all === null) return null;
    const behind = all.subarray(length).toString('latin1');
    if (behind !== closing) throw new Error(`a part is followed by ${JSON.stringify(behind)}`);
    return { headers, bytes: all.subarray(0, length), arrivedAt: this.#arrivedAt };
  }

  /** Reads this many parts. @throws {Error} if the stream ends before. */
  async take(count: number): Promise<readonly Part[]> {
    const parts: Part[] = [];
    while (parts.length < count) {
      const part = await this.next();
      if (part === null) throw new Error(`the stream ended after ${parts.length} of ${count} parts`);
      parts.push(part);
    }
    return parts;
  }

  /** Reads everything until the connection is closed, for replies that are not streams. */
  async text(): Promise<string> {
    while (!this.#ended) await this.#more();
    return this.#buffer.toString('utf8');
  }

  /** Stops reading, like a slow viewer: the kernel's buffers fill, then the server's socket. */
  pause(): void {
    this.#socket.pause();
  }

  /** Continues reading. */
  resume(): void {
    this.#socket.resume();
  }

  /** Resolves when the other side has closed. Discards all data until then. */
  async untilEnded(): Promise<void> {
    while (!this.#ended) {
      await this.#more();
      this.#buffer = Buffer.alloc(0);
    }
  }

  /** Closes the connection. Idempotent. */
  close(): void {
    this.#socket.destroy();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Part> {
    for (let part = await this.next(); part !== null; part = await this.next()) yield part;
  }

  async #takeThrough(mark: string): Promise<string | null> {
    let at = this.#buffer.indexOf(mark);
    while (at === -1) {
      if (this.#ended) return null;
      await this.#more();
      at = this.#buffer.indexOf(mark);
    }
    const text = this.#buffer.subarray(0, at).toString('latin1');
    this.#buffer = this.#buffer.subarray(at + mark.length);
    return text;
  }

  async #take(length: number): Promise<Buffer | null> {
    while (this.#buffer.length < length) {
      if (this.#ended) return null;
      await this.#more();
    }
    const bytes = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(length);
    return bytes;
  }

  async #more(): Promise<void> {
    if (this.#ended) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}

function headersOf(lines: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}
