import { connect, type Socket } from 'node:net';
import { headerValue, parseRtspHead } from '../../src/formats/rtsp/rtsp-message.ts';

/** A reply of an RTSP server. */
export interface Reply {
  readonly status: number;
  readonly reason: string;
  readonly body: string;
  header(name: string): string | undefined;
}

/** One packet of interleaved media. */
export interface Interleaved {
  readonly channel: number;
  readonly bytes: Buffer;
}

/** A plain RTSP client, which sends what it is told and keeps what it gets. */
export class RtspClient {
  readonly socket: Socket;
  readonly packets: Interleaved[] = [];
  readonly #replies: Reply[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  #sequence = 0;
  #isClosed = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      while (this.#read());
      this.#wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  static async open(port: number): Promise<RtspClient> {
    const socket = connect(port, '127.0.0.1');
    const client = new RtspClient(socket);
    await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
    return client;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Sends a request and waits for its reply. Throws if the connection is closed before. */
  async request(method: string, uri: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    this.#sequence += 1;
    const lines = Object.entries({ CSeq: String(this.#sequence), ...headers }).map((each) => each.join(': '));
    this.socket.write([`${method} ${uri} RTSP/1.0`, ...lines, '', ''].join('\r\n'));
    return this.reply();
  }

  /** The next reply. */
  async reply(): Promise<Reply> {
    await this.until(() => this.#replies.length > 0);
    return this.#replies.shift() as Reply;
  }

  /** Waits until something holds, which is asked when data come. */
  async until(holds: () => boolean, within = 20_000): Promise<void> {
    const deadline = performance.now() + within;
    while (!holds()) {
      if (this.#isClosed) throw new Error('the connection is closed');
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`not within ${within} ms`);
      await this.#news(left);
    }
  }

  /** Resolves when the server has closed the connection; with how long that took, in milliseconds. */
  async closed(within = 20_000): Promise<number> {
    const start = performance.now();
    while (!this.#isClosed) {
      const left = within - (performance.now() - start);
      if (left <= 0) throw new Error(`not closed within ${within} ms`);
      await this.#news(left);
    }
    return performance.now() - start;
  }

  /** Describes a stream, sets up its tracks over TCP, and plays it. @returns the description */
  async play(uri: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    const described = await this.request('DESCRIBE', uri, headers);
    if (described.status !== 200) throw new Error(`${described.status} ${described.reason}`);
    const base = described.header('content-base') ?? uri;
    const tracks = described.body.match(/^a=control:trackID=\d+/gm) ?? [];
    let session: Record<string, string> = {};
    for (const [at, track] of tracks.entries()) {
      const transport = `RTP/AVP/TCP;unicast;interleaved=${at * 2}-${at * 2 + 1}`;
      const control = track.slice('a=control:'.length);
      const reply = await this.request('SETUP', base + control, { Transport: transport, ...headers, ...session });
      if (reply.status !== 200) throw new Error(`${reply.status} ${reply.reason}`);
      session = { Session: (reply.header('session') ?? '').replace(/;.*/, '') };
    }
    const played = await this.request('PLAY', base, { ...headers, ...session });
    if (played.status !== 200) throw new Error(`${played.status} ${played.reason}`);
    return described.body;
  }

  close(): void {
    this.socket.destroy();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #news(within: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, within);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #read(): boolean {
    const bytes = this.#bytes;
    if (bytes[0] === 0x24) {
      const end = bytes.length < 4 ? Infinity : 4 + bytes.readUInt16BE(2);
      if (bytes.length < end) return false;
      this.packets.push({ channel: bytes[1] as number, bytes: bytes.subarray(4, end) });
      this.#bytes = bytes.subarray(end);
      return true;
    }
    const end = bytes.indexOf('\r\n\r\n');
    if (end === -1) return false;
    const head = parseRtspHead(bytes.subarray(0, end + 4));
    if (head?.kind !== 'reply') throw new Error(`no reply: ${bytes.toString('latin1', 0, 80)}`);
    const length = Number(headerValue(head.headers, 'content-length') ?? 0);
    if (bytes.length < end + 4 + length) return false;
    const body = bytes.toString('utf8', end + 4, end + 4 + length);
    const { status, reason, headers } = head;
    this.#replies.push({ status, reason, body, header: (name) => headerValue(headers, name) });
    this.#bytes = bytes.subarray(end + 4 + length);
    return true;
  }
}
