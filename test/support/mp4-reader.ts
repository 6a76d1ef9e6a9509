import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';

/** How long a test may read, in milliseconds. A test that waited forever would leave its processes running. */
const longest = 60_000;

/** Reads a stream of fragmented MP4 as it arrives. */
export class Mp4Reader {
  readonly #response: IncomingMessage;
  /** The received bytes, in a buffer that grows. */
  #room = Buffer.alloc(1024 * 1024);
  #length = 0;
  /** The offset of the next box. */
  #at = 0;
  /** The end offsets of the complete fragments. */
  readonly #ends: number[] = [];

  private constructor(response: IncomingMessage) {
    this.#response = response;
    response.on('data', (chunk: Buffer) => this.#take(chunk));
    response.on('error', () => undefined);
    setTimeout(() => this.close(), longest).unref();
  }

  /** Opens a stream with a token. @throws {Error} with the server's reply if it is not a stream. */
  static async open(url: string, token: string): Promise<Mp4Reader> {
    const request = get(url, { headers: { authorization: `Bearer ${token}` }, agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const type = response.headers['content-type'];
    if (response.statusCode !== 200 || type !== 'video/mp4') {
      throw new Error(`${response.statusCode} ${type}: ${Buffer.concat(await response.toArray()).toString()}`);
    }
    return new Mp4Reader(response);
  }

  /** The number of complete fragments received. */
  get count(): number {
    return this.#ends.length;
  }

  /** True once the connection is closed. */
  get ended(): boolean {
    return this.#response.destroyed;
  }

  /** Waits for this many fragments. @returns all bytes up to the end of the last one */
  async fragments(count: number): Promise<Buffer> {
    while (this.count < count) {
      if (this.#response.destroyed) throw new Error(`the stream ended after ${this.count} fragments`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return this.#room.subarray(0, this.#ends[count - 1]);
  }

  pause(): void {
    this.#response.pause();
  }

  resume(): void {
    this.#response.resume();
  }

  close(): void {
    this.#response.destroy();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Finds the complete boxes (ISO/IEC 14496-12, 4.2). */
  #take(chunk: Buffer): void {
    if (this.#length + chunk.length > this.#room.length) {
      const larger = Buffer.alloc(2 * this.#room.length + chunk.length);
      this.#room.copy(larger, 0, 0, this.#length);
      this.#room = larger;
    }
    this.#length += chunk.copy(this.#room, this.#length);
    while (this.#at + 8 <= this.#length) {
      const end = this.#at + this.#room.readUInt32BE(this.#at);
      if (end > this.#length || end < this.#at + 8) return;
      if (this.#room.toString('latin1', this.#at + 4, this.#at + 8) === 'mdat') this.#ends.push(end);
      this.#at = end;
    }
  }
}
