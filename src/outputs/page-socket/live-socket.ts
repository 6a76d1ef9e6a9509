import type { RawData, WebSocket } from 'ws';
import { asPortholeError, PortholeError } from '../../domain/errors.ts';
import type { Codec, Rendition } from '../../domain/media/rendition.ts';
import type { Connection } from '../../fanout/connection.ts';
import type { Connections } from '../../fanout/connections.ts';
import type { FrameSource } from '../../fanout/frame-source.ts';
import { beforeClose, transportOf } from '../../fanout/node-internals.ts';
import type { Language } from '../../messages/language.ts';
import { EventMessage } from './event-message.ts';
import type { LiveFrameEncoders } from './live-frames.ts';
import { LiveViewer } from './live-viewer.ts';

/** The part of the cameras that a page's socket needs. */
export interface LiveSource extends FrameSource {
  /**
   * The Rendition of a camera that fits a wanted width and codec, and the number of its Broadcast.
   *
   * @throws {PortholeError} `camera_not_found`.
   */
  rendition(
    cameraId: string,
    width: number | 'source',
    codec: Codec,
  ): { readonly rendition: Rendition; readonly stream: number };
}

/** Options of a page's socket. */
export interface LiveSocketOptions {
  readonly socket: WebSocket;
  /** The person or address that watches, see `Viewer.owner`. */
  readonly owner?: string;
  /** The language of the page; English by default. */
  readonly language?: Language;
  /** True for a camera that the signed-in person may see. */
  readonly maySee: (cameraId: string) => boolean;
  /** Called once, when the socket is closed and no camera is wanted for it. */
  readonly onClose: () => void;
}

/** The most views of one page at the same time. A player that changes its codec has two for a moment. */
const mostViews = 128;
/** The longest JSON message of a client, in bytes. */
const longestMessage = 4_096;
/** Messages that a client may send in a second; a page sends a few. */
const mostMessages = 100;
/**
 * The most text that may wait for a client that does not read, in bytes. Beyond it, the client is disconnected. Frames do not
 * count: their writers limit them, and the frames since the last keyframe may exceed this.
 */
const mostWaiting = 4 * 1024 * 1024;
/** A page requests video or audio of a camera; each is a separate view. */
const codecs: ReadonlySet<Codec> = new Set(['jpeg', 'h264', 'aac', 'opus']);
const policyViolation = 1008;

/** The one WebSocket of a page, for all of its views and for the events that the server sends. */
export class LiveSocket {
  readonly #frames: LiveSource;
  readonly #encoders: LiveFrameEncoders;
  readonly #socket: WebSocket;
  readonly #connection: Connection;
  readonly #maySee: (cameraId: string) => boolean;
  readonly #owner: string;
  readonly #language: Language;
  readonly #views = new Map<number, LiveViewer>();
  #messages = 0;
  #messagesSince = 0;
  /** Bytes of text that the system has not taken yet. */
  #waiting = 0;
  #closed = false;
  #ended = false;

  /** @param encoders shared by all sockets of the server */
  constructor(
    frames: LiveSource,
    connections: Connections,
    encoders: LiveFrameEncoders,
    { socket, owner = '', language = 'en', maySee, onClose }: LiveSocketOptions,
  ) {
    this.#frames = frames;
    this.#encoders = encoders;
    this.#socket = socket;
    this.#maySee = maySee;
    this.#owner = owner;
    this.#language = language;
    // Frames and events are encoded once for all pages and written to the connection below ws, between its own messages. It
    // writes each of those whole and at once, since compression is off.
    const transport = transportOf(socket);
    transport.setNoDelay(true);
    this.#connection = connections.of(transport);
    // No frame may follow a Close frame.
    beforeClose(socket, () => this.endViews());
    socket.on('message', (data, isBinary) => this.#take(data, isBinary));
    socket.on('error', () => undefined); // 'close' follows
    socket.once('close', () => {
      this.endViews();
      onClose();
    });
  }

  /** Sends an event, in the language of the page. */
  send(event: object): void {
    this.sendShared(new EventMessage(event));
  }

  /** The same for an event that other pages get, too. */
  sendShared(event: EventMessage): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const message = event.in(this.#language);
    if (this.#connection.unsent === 0) {
      this.#connection.write(message);
    } else if (this.#waiting > mostWaiting) {
      this.#socket.terminate();
    } else {
      this.#waiting += message.length;
      this.#connection.socket.write(message, () => (this.#waiting -= message.length));
    }
  }

  /** Closes the socket with a WebSocket close code. A client that does not answer is disconnected. Idempotent. */
  close(code: number, reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close(code, reason);
    setTimeout(() => this.#socket.terminate(), 500).unref();
  }

  /** Ends all views, and obeys no further message. Idempotent. */
  endViews(): void {
    this.#ended = true;
    for (const view of this.#views.values()) view.close();
    this.#views.clear();
  }

  #take(data: RawData, isBinary: boolean): void {
    // Messages that arrive between our Close frame and the client's answer are ignored.
    if (this.#closed || this.#ended) return;
    const now = performance.now();
    if (now - this.#messagesSince > 1_000) {
      this.#messagesSince = now;
      this.#messages = 0;
    }
    this.#messages += 1;
    if (isBinary || (data as Buffer).length > longestMessage || this.#messages > mostMessages) {
      this.close(policyViolation, 'not a message of this protocol');
      return;
    }
    try {
      this.#obey(parse((data as Buffer).toString('utf8')));
    } catch (error) {
      this.send({ type: 'error', error: asPortholeError(error).toJSON() });
    }
  }

  #obey(message: LiveRequest): void {
    switch (message.type) {
      case 'watch':
        return this.#watch(message);
      case 'unwatch':
        this.#views.get(message.view)?.close();
        this.#views.delete(message.view);
        return;
      case 'ping':
        return this.send({ type: 'pong', t: message.t, now: Date.now() });
      default:
        message satisfies never;
    }
  }

  #watch({ view, camera, width, codec, fps }: Extract<LiveRequest, { type: 'watch' }>): void {
    try {
      if (!this.#maySee(camera)) throw new PortholeError('camera_not_found');
      if (!this.#views.has(view) && this.#views.size >= mostViews) {
        throw new PortholeError('invalid_input', { message: `A page has at most ${mostViews} views.` });
      }
      const { rendition, stream } = this.#frames.rendition(camera, width, codec);
      const present = this.#views.get(view);
      if (present?.stream === stream && present.fps === fps) return;
      // The new one first, so that a camera that both show does not rest in between.
      this.send({ type: 'view', view, stream, width: rendition.width, codec: rendition.codec });
      const next = new LiveViewer(this.#connection, this.#encoders, stream, rendition, fps, () =>
        this.#frames.requestKeyframe(camera, rendition),
      );
      next.owner = this.#owner;
      next.start(this.#frames.subscribe(camera, rendition, next), () => {
        // Its place is free for another view.
        if (this.#views.get(view) === next) this.#views.delete(view);
      });
      present?.close();
      this.#views.set(view, next);
    } catch (error) {
      this.send({ type: 'view-error', view, error: asPortholeError(error).toJSON() });
    }
  }
}

type LiveRequest =
  | {
      readonly type: 'watch';
      readonly view: number;
      readonly camera: string;
      readonly width: number | 'source';
      readonly codec: Codec;
      readonly fps: number | undefined;
    }
  | { readonly type: 'unwatch'; readonly view: number }
  | { readonly type: 'ping'; readonly t: number };

function parse(text: string): LiveRequest {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    throw new PortholeError('invalid_input', { message: 'A message is a JSON object.' });
  }
  const { type, view, camera, width, codec = 'jpeg', fps, t } = (message ?? {}) as Record<string, unknown>;
  const isView = typeof view === 'number' && Number.isInteger(view) && view >= 1 && view <= mostViews;
  if (type === 'ping' && typeof t === 'number') return { type, t };
  if (type === 'unwatch' && isView) return { type, view };
  const isWidth = width === 'source' || (typeof width === 'number' && width >= 1 && width <= 10_000);
  const isCodec = codecs.has(codec as Codec);
  const isRate = fps === undefined || (typeof fps === 'number' && fps >= 0.1 && fps <= 240);
  if (type === 'watch' && isView && typeof camera === 'string' && isWidth && isCodec && isRate) {
    return { type, view, camera, width, codec: codec as Codec, fps };
  }
  throw new PortholeError('invalid_input', {
    message: 'A message is {type:"watch",view,camera,width,codec,fps}, {type:"unwatch",view} or {type:"ping",t}.',
  });
}
