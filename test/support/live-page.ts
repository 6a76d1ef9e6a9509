import { once } from 'node:events';
import { WebSocket } from 'ws';

/** The WebSocket of a page, with what came over it. */
export class LivePage {
  readonly #socket: WebSocket;
  /** JSON messages as they came. */
  readonly messages: Record<string, unknown>[] = [];
  /** How many pictures have come. */
  pictures = 0;
  /** When the last picture came, in milliseconds of `performance.now()`. */
  lastPictureAt = 0;
  /** The code it was closed with; null while it is open. */
  closeCode: number | null = null;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (!isBinary) this.messages.push(JSON.parse(data.toString('utf8')) as Record<string, unknown>);
      else {
        this.pictures += 1;
        this.lastPictureAt = performance.now();
      }
    });
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', (code) => {
      this.closeCode = code;
    });
  }

  /** Opens a page's socket with the headers of a sign-in. */
  static async open(url: string, headers: Readonly<Record<string, string>>): Promise<LivePage> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/live`, { headers: { ...headers, origin: url } });
    const page = new LivePage(socket);
    await once(socket, 'open');
    return page;
  }

  /** Asks for a camera's picture. */
  watch(camera: string, view = 1, width: number | 'source' = 'source'): void {
    this.#socket.send(JSON.stringify({ type: 'watch', view, camera, width }));
  }

  /** Stops reading, as a page on a dead connection does. */
  pause(): void {
    this.#socket.pause();
  }

  [Symbol.dispose](): void {
    this.#socket.terminate();
  }
}
