import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';

/** The longest that a test may read, in milliseconds: one that waits for ever would leave its processes behind. */
const longest = 60_000;

/** Reads a stream of fragmented MP4 as it comes. */
export class Mp4Reader {
  readonly #response: IncomingMessage;
  /** What has come, in a buffer that grows. */
  #room = Buffer.alloc(1024 * 1024);
  #length = 0;
  /** Where the next box begins. */
  #at = 0;
  /** Where each whole fragment ends. */
  readonly #ends: number[] = [];

  private constructor(response: IncomingMessage) {
    this.#response = response;
    response.on('data', (chunk: Buffer) => this.#take(chunk));
    response.on('error', () => undefined);
    setTimeout(() => this.close(), longest).unref();
  }

  /** Opens a stream with a token; throws what the server says instead. */
  static async open(url: string, token: string): Promise<Mp4Reader> {
    const request = get(url, { headers: { authorization: `Bearer ${token}` }, agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const type = response.headers['content-type'];
    if (response.statusCode !== 200 || type !== 'video/mp4') {
      throw new Error(`${response.statusCode} ${type}: ${Buffer.concat(await response.toArray()).toString()}`);
    }
    return new Mp4Reader(response);
  }

  /** How many whole fragments have come. */
  get count(): number {
    return this.#ends.length;
  }

  /** True once the connection is closed. */
  get ended(): boolean {
    return this.#response.destroyed;
  }

  /** Everything from the beginning up to and with this many fragments, when they have come. */
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

  /** Finds the boxes that have come whole (ISO/IEC 14496-12, 4.2). */
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
