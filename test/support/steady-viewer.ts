import { once } from 'node:events';
import { inspectJpeg } from '../../src/formats/jpeg/jpeg.ts';
import { type MultipartReader, openMultipart } from './multipart-reader.ts';

/** One image that a steady viewer received: a frame of the camera, or a placeholder frame. */
export interface Received {
  readonly jpeg: Buffer;
  /** When its last byte arrived, in milliseconds of `performance.now()`. */
  readonly arrivedAt: number;
}

/** A viewer that keeps watching through all failures, checks every frame, and never reconnects. */
export abstract class SteadyViewer {
  /** The number of frames received. */
  received = 0;
  /** The latest frame. */
  last: Received | null = null;
  /** Damaged frames, and an unexpected end of the connection. Empty if all is well. */
  readonly complaints: string[] = [];
  /** The longest time between two frames since this was set to 0, in milliseconds. */
  longestGap = 0;
  #wake: () => void = () => undefined;

  /** Waits for the next frame that `wanted` accepts. */
  async next(wanted: (frame: Received) => boolean, within: number, what: string): Promise<Received> {
    const deadline = performance.now() + within;
    let seen = this.received;
    for (;;) {
      if (this.complaints.length > 0) throw new Error(this.complaints.join('; '));
      if (this.received > seen && this.last !== null && wanted(this.last)) return this.last;
      seen = this.received;
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`${what}: not within ${within} ms`);
      await this.#stir(left);
    }
  }

  abstract close(): void;

  [Symbol.dispose](): void {
    this.close();
  }

  /** Resolves with the next event, or after this time. */
  async #stir(within: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, within);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
  }

  /** Records a frame. Waiting callers see it before the next one is recorded. */
  protected take(jpeg: Buffer, arrivedAt: number): void {
    if (inspectJpeg(jpeg)?.length !== jpeg.length) this.complaints.push(`picture ${this.received} is not whole`);
    if (this.last !== null) this.longestGap = Math.max(this.longestGap, arrivedAt - this.last.arrivedAt);
    this.received += 1;
    this.last = { jpeg, arrivedAt };
    this.#wake();
  }

  protected complain(text: string): void {
    this.complaints.push(text);
    this.#wake();
  }
}

/** Watches a multipart stream. */
export class SteadyMultipart extends SteadyViewer {
  readonly #reader: MultipartReader;
  #closed = false;

  private constructor(reader: MultipartReader) {
    super();
    this.#reader = reader;
    void this.#read();
  }

  static async open(url: string, token: string): Promise<SteadyMultipart> {
    const reader = await openMultipart(url, { headers: { authorization: `Bearer ${token}` } });
    if (reader.status !== 200) throw new Error(`not a stream: ${reader.status} ${await reader.text()}`);
    return new SteadyMultipart(reader);
  }

  close(): void {
    this.#closed = true;
    this.#reader.close();
  }

  async #read(): Promise<void> {
    try {
      for await (const { bytes, arrivedAt } of this.#reader) this.take(bytes, arrivedAt);
      if (!this.#closed) this.complain('the stream ended');
    } catch (error) {
      if (!this.#closed) this.complain(String(error));
    }
  }
}

/** The state of a camera from its events. */
type ToldState = Readonly<Record<string, unknown>> & { readonly kind: string };

/** The number of bytes before each JPEG on a page's socket. */
const liveHeaderLength = 32;

/** Watches over the WebSocket of a page. */
export class SteadyPage extends SteadyViewer {
  readonly #socket: WebSocket;
  /** The latest state of the camera. */
  state: ToldState = { kind: 'unknown' };
  /** Every state that was received, with its time. */
  readonly told: { readonly state: ToldState; readonly at: number }[] = [];
  #closed = false;

  private constructor(socket: WebSocket, camera: string) {
    super();
    this.#socket = socket;
    socket.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
      const at = performance.now();
      if (typeof data !== 'string') {
        this.take(Buffer.from(data).subarray(liveHeaderLength), at);
        return;
      }
      const event = JSON.parse(data) as { type: string; camera?: { id: string; state: ToldState } };
      if (event.type !== 'camera' || event.camera?.id !== camera) return;
      this.state = event.camera.state;
      this.told.push({ state: this.state, at });
    });
    socket.addEventListener('close', ({ code }) => {
      if (!this.#closed) this.complain(`the socket was closed with ${code}`);
    });
  }

  static async open(url: string, token: string, camera: string, width: number | 'source'): Promise<SteadyPage> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/live?token=${token}`);
    socket.binaryType = 'arraybuffer';
    const page = new SteadyPage(socket, camera);
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'watch', view: 1, camera, width }));
    return page;
  }

  close(): void {
    this.#closed = true;
    this.#socket.close();
  }
}
