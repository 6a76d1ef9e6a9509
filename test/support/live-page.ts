import { once } from 'node:events';
import { WebSocket } from 'ws';

/** A binary message, see src/outputs/page-socket/live-frames.ts. */
export interface LivePicture {
  readonly kind: number;
  readonly keyframe: boolean;
  readonly stream: number;
  readonly sequence: number;
  readonly width: number;
  readonly height: number;
  /** Milliseconds since the epoch. */
  readonly capturedAt: number;
  readonly content: Buffer;
}

/** The WebSocket of a page, with the messages received. */
export class LivePage {
  readonly #socket: WebSocket;
  /** The JSON messages received. */
  readonly messages: Record<string, unknown>[] = [];
  /** The number of frames received. */
  pictures = 0;
  /** When the last frame arrived, in milliseconds of `performance.now()`. */
  lastPictureAt = 0;
  /** The binary messages since {@link keep}. */
  readonly kept: LivePicture[] = [];
  #keeps = false;
  /** The close code; null while it is open. */
  closeCode: number | null = null;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (!isBinary) this.messages.push(JSON.parse(data.toString('utf8')) as Record<string, unknown>);
      else {
        this.pictures += 1;
        this.lastPictureAt = performance.now();
        if (this.#keeps) this.kept.push(readPicture(data));
      }
    });
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', (code) => {
      this.closeCode = code;
    });
  }

  /** Opens a page's socket with the headers of a session. */
  static async open(url: string, headers: Readonly<Record<string, string>>): Promise<LivePage> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/live`, { headers: { ...headers, origin: url } });
    const page = new LivePage(socket);
    await once(socket, 'open');
    return page;
  }

  /** Starts watching a camera. */
  watch(camera: string, view = 1, width: number | 'source' = 'source', codec?: 'jpeg' | 'h264' | 'aac' | 'opus'): void {
    this.#socket.send(JSON.stringify({ type: 'watch', view, camera, width, codec }));
  }

  /** Stores the binary messages from now on. */
  keep(): void {
    this.#keeps = true;
  }

  /** Stops reading, like a page on a dead connection. */
  pause(): void {
    this.#socket.pause();
  }

  [Symbol.dispose](): void {
    this.#socket.terminate();
  }
}

function readPicture(data: Buffer): LivePicture {
  return {
    kind: data.readUInt8(1),
    keyframe: (data.readUInt16LE(2) & 1) === 1,
    stream: data.readUInt32LE(4),
    sequence: data.readUInt32LE(8),
    width: data.readUInt16LE(12),
    height: data.readUInt16LE(14),
    capturedAt: data.readDoubleLE(16),
    content: data.subarray(32),
  };
}
