import type { CameraInfo } from '../../domain/camera.ts';
import type { Problem } from '../../domain/errors.ts';
import type { Device } from '../../domain/mode.ts';
import type { Codec } from '../../domain/rendition.ts';
import type { Photo } from '../../domain/photo.ts';
import type { Watching } from '../../domain/watching.ts';
import { ServerClock } from './clock.ts';
import { type PictureFrame, readFrame } from './frame.ts';
import { KnownCameras } from '../player/known-cameras.ts';
import { ViewNumbers } from '../player/view-numbers.ts';

/** What the server tells a page. */
export type LiveEvent =
  | { readonly type: 'hello'; readonly cameras: readonly CameraInfo[]; readonly now: number }
  | { readonly type: 'camera'; readonly camera: CameraInfo }
  | { readonly type: 'cameras'; readonly cameras: readonly CameraInfo[] }
  | { readonly type: 'devices'; readonly devices: readonly Device[] }
  | { readonly type: 'photo'; readonly photo: Photo }
  | { readonly type: 'photos-deleted'; readonly ids: readonly string[] }
  | { readonly type: 'watching'; readonly camera: string; readonly watching: Watching }
  | {
      readonly type: 'view';
      readonly view: number;
      readonly stream: number;
      readonly width: number | 'source';
      readonly codec: Codec;
    }
  | { readonly type: 'view-error'; readonly view: number; readonly error: Problem }
  | { readonly type: 'pong'; readonly t: number; readonly now: number }
  | { readonly type: 'signed-out' }
  | { readonly type: 'error'; readonly error: Problem };

/** `connecting` at first and for the first try after a loss, then `down` with a time for the next try. */
export type ConnectionStatus = 'connecting' | 'open' | 'down' | 'signed-out';

/** What a view asks for. */
export interface Wanted {
  readonly camera: string;
  /** Pixels. */
  readonly width: number | 'source';
  readonly codec: Codec;
}

/**
 * Why there is no connection: `not-allowed` when the server answers, but not to pages of this origin; `fine` when pages
 * come and only sockets do not.
 */
export type WhyDown = 'signed-out' | 'not-allowed' | 'unreachable' | 'fine';

/** Which server, and as whom. */
export interface ServerAddress {
  /** The server's origin, such as `http://192.168.1.20:8080`. */
  readonly server: string;
  /** An API token; null where the browser's own sign-in counts. */
  readonly token: string | null;
}

/** What somebody on the page does with what comes. */
export interface ConnectionListener {
  event?(event: LiveEvent): void;
  frame?(frame: PictureFrame): void;
  /** True while somebody may see what comes, whatever happens to the tab. */
  looks?(): boolean;
  /** The status changed; `again` when an open connection was lost before. */
  status?(status: ConnectionStatus, again: boolean): void;
}

const signedOutCode = 4401;
const pingMs = 5000;
const silenceMs = 9000;
/** How long a socket that should be there may take to say so. */
const wakeMs = 1000;
/** How long one may take to open: what was sent into a network that was away is not sent again for long. A slow line has twice as long after a while. */
const openMs = 4000;
const patientFrom = 3;
const longestWaitMs = 2000;

/** A page's one WebSocket to a server: pictures and events, opened again by itself whenever it is lost. */
export class Connection {
  readonly address: ServerAddress;
  /** The server's clock, known from pings. */
  readonly clock = new ServerClock();
  readonly cameras = new KnownCameras();
  /** The numbers for {@link watch}. */
  readonly views = new ViewNumbers();
  /** Asked after a failed try: why may that be? */
  whyDown: () => Promise<WhyDown> = () => Promise.resolve('unreachable');
  readonly #listeners = new Set<ConnectionListener>();
  readonly #watched = new Map<number, Wanted>();
  readonly #end = new AbortController();
  readonly #timer: number;
  #why: WhyDown | null = null;
  #socket: WebSocket | null = null;
  #status: ConnectionStatus = 'connecting';
  #tries = 0;
  #everOpen = false;
  #suspended = false;
  #heardAt = 0;
  /** When the last ping that was answered was sent. */
  #answeredAt = 0;
  #retryAt = 0;
  #retry = 0;

  constructor(address: ServerAddress) {
    this.address = address;
    const { signal } = this.#end;
    this.#timer = window.setInterval(() => this.#beat(), pingMs);
    document.addEventListener('visibilitychange', () => !document.hidden && this.tryNow(), { signal });
    addEventListener('online', () => this.tryNow(), { signal });
    addEventListener('pagehide', () => this.#suspend(), { signal });
    addEventListener('pageshow', (event) => event.persisted && this.#resume(), { signal });
    this.#open();
  }

  /** Tells of all that comes; returns what ends that. */
  listen(listener: ConnectionListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get status(): ConnectionStatus {
    return this.#status;
  }

  /** False while no connection has ever worked: something on the way may not carry WebSockets. */
  get everOpen(): boolean {
    return this.#everOpen;
  }

  /** Milliseconds until the next try. */
  get reconnectIn(): number {
    return Math.max(0, this.#retryAt - Date.now());
  }

  /** Why the last try failed; null while it is not known. */
  get why(): WhyDown | null {
    return this.#why;
  }

  /** Asks for a camera's pictures on a view; again with another width changes it without a gap. */
  watch(view: number, wanted: Wanted): void {
    this.#watched.set(view, wanted);
    this.#send({ type: 'watch', view, ...wanted });
  }

  /** No more pictures on this view. */
  unwatch(view: number): void {
    if (this.#watched.delete(view)) this.#send({ type: 'unwatch', view });
  }

  /** Does not wait for the next try; a socket that is open has to show soon that it works: a device may have slept. */
  tryNow(): void {
    if (this.#status === 'signed-out' || this.#suspended) return;
    const socket = this.#socket;
    if (socket === null) return this.#open();
    if (socket.readyState !== WebSocket.OPEN) return;
    this.clock.reset();
    const asked = Date.now();
    this.#ping();
    setTimeout(() => {
      // What had come before the device slept is read only now, and says nothing.
      const isHeard = this.#answeredAt >= asked || this.#heardAt > asked + wakeMs / 2;
      if (this.#socket === socket && !isHeard) this.#openAnew();
    }, wakeMs);
  }

  /** The sign-in has ended: nothing is tried any more. */
  signOut(): void {
    this.#drop();
    this.#become('signed-out');
  }

  /** Ends it for good. Idempotent. */
  close(): void {
    this.#suspended = true;
    this.#end.abort();
    clearInterval(this.#timer);
    this.#drop();
  }

  #open(): void {
    clearTimeout(this.#retry);
    const socket = new WebSocket(this.#url());
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    // What a socket says after it was given up does not count.
    const mine = (then: () => void) => () => {
      if (this.#socket === socket) then();
    };
    const limit = this.#tries < patientFrom ? openMs : 2 * openMs;
    const late = setTimeout(
      mine(() => this.#giveUp()),
      limit,
    );
    socket.onopen = mine(() => {
      clearTimeout(late);
      this.#opened();
    });
    socket.onmessage = (message: MessageEvent<string | ArrayBuffer>) => {
      if (this.#socket === socket) this.#receive(message.data);
    };
    socket.onclose = (close) => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      if (close.code === signedOutCode) this.signOut();
      else this.#lost();
    };
  }

  #url(): string {
    const { server, token } = this.address;
    const url = new URL('/live', server);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    if (token !== null) url.searchParams.set('token', token);
    return url.href;
  }

  #opened(): void {
    const again = this.#everOpen;
    this.#tries = 0;
    this.#why = null;
    this.#everOpen = true;
    this.#heardAt = Date.now();
    this.#ping();
    for (const [view, wanted] of this.#watched) this.#send({ type: 'watch', view, ...wanted });
    this.#become('open', again);
  }

  #receive(data: string | ArrayBuffer): void {
    this.#heardAt = Date.now();
    if (typeof data !== 'string') {
      const frame = readFrame(data);
      if (frame !== null) for (const listener of this.#listeners) listener.frame?.(frame);
      return;
    }
    const event = JSON.parse(data) as LiveEvent;
    if (event.type === 'hello') this.clock.guess(event.now);
    if (event.type === 'pong') {
      this.#answeredAt = event.t;
      this.clock.sample(event.t, event.now);
    } else if (event.type === 'signed-out') this.signOut();
    else {
      this.#learn(event);
      for (const listener of this.#listeners) listener.event?.(event);
    }
  }

  #learn(event: LiveEvent): void {
    if (event.type === 'hello' || event.type === 'cameras') this.cameras.replace(event.cameras);
    else if (event.type === 'camera') this.cameras.add([event.camera]);
  }

  /** The first loss is mended silently; only when that fails does the page say so. */
  #lost(): void {
    this.#tries += 1;
    const stallTimeout = Math.min(longestWaitMs, 250 * 2 ** this.#tries);
    const wait = stallTimeout * (0.75 + Math.random() / 2);
    this.#retryAt = Date.now() + wait;
    this.#retry = window.setTimeout(() => this.#open(), wait);
    if (this.#tries === 1) this.#become('connecting');
    else void this.#ask();
  }

  async #ask(): Promise<void> {
    const why = await this.whyDown();
    if (this.#socket?.readyState === WebSocket.OPEN || this.#suspended) return;
    this.#why = why;
    if (why === 'signed-out') this.signOut();
    else this.#become('down');
  }

  /** A hidden tab is not, unless a picture of it floats over other windows. */
  get #isLookedAt(): boolean {
    return !document.hidden || [...this.#listeners].some((listener) => listener.looks?.() === true);
  }

  #beat(): void {
    if (this.#socket?.readyState !== WebSocket.OPEN || !this.#isLookedAt) return;
    if (Date.now() - this.#heardAt > silenceMs) this.#giveUp();
    else this.#ping();
  }

  #openAnew(): void {
    this.#drop();
    this.#become('connecting');
    this.#open();
  }

  #giveUp(): void {
    this.#drop();
    this.#lost();
  }

  /** The page may be kept by the browser for going back to it: an open socket would forbid that. */
  #suspend(): void {
    this.#suspended = true;
    this.#drop();
  }

  #resume(): void {
    this.#suspended = false;
    this.#tries = 0;
    if (this.#status !== 'signed-out') this.#open();
  }

  #drop(): void {
    clearTimeout(this.#retry);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #become(status: ConnectionStatus, again = false): void {
    this.#status = status;
    for (const listener of this.#listeners) listener.status?.(status, again);
  }

  #ping(): void {
    this.#send({ type: 'ping', t: Date.now() });
  }

  #send(message: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}
