import type { LiveEvent, ViewRequest } from './live-event.ts';
import { ServerClock } from './server-clock.ts';
import { type MediaFrame, readFrame } from './frame.ts';
import { KnownCameras } from './known-cameras.ts';
import { ViewNumbers } from './view-numbers.ts';

/** `connecting` at first and during the first retry after a loss, then `down` until a retry succeeds. */
export type ConnectionStatus = 'connecting' | 'open' | 'down' | 'signed-out';

/**
 * Why there is no connection: `not-allowed` if the server responds, but not to pages of this origin; `fine` if HTTP works
 * and only WebSockets do not.
 */
export type WhyDown = 'signed-out' | 'not-allowed' | 'unreachable' | 'fine';

/** A server and the credentials for it. */
export interface ServerAddress {
  /** The server's origin, such as `http://192.168.1.20:8080`. */
  readonly server: string;
  /** An API token; null to use the browser's session cookie. */
  readonly token: string | null;
}

/** Receives what arrives on a {@link Connection}. */
export interface ConnectionListener {
  event?(event: LiveEvent): void;
  frame?(frame: MediaFrame): void;
  /** True while someone may see the video even if the tab is hidden. */
  visible?(): boolean;
  /** The status changed; `again` is true if the connection was open before. */
  status?(status: ConnectionStatus, again: boolean): void;
}

const signedOutCode = 4401;
const accessChangedCode = 4403;
const pingMs = 5000;
const silenceMs = 9000;
/** How long an open socket may take to answer when it is checked. */
const wakeMs = 1000;
/**
 * How long a socket may take to open. TCP retransmits ever more rarely to a network that was down, so a new attempt is
 * faster. After `slowAfter` attempts the limit doubles, for slow networks.
 */
const openMs = 4000;
const slowAfter = 3;
const longestWaitMs = 2000;

/** A page's WebSocket to a server, for frames and events. It reconnects automatically. */
export class Connection {
  readonly address: ServerAddress;
  /** The server's clock, estimated from pings. */
  readonly clock = new ServerClock();
  readonly cameras = new KnownCameras();
  /** The numbers for {@link watch}. */
  readonly views = new ViewNumbers();
  /** The plain images that replace it where WebSockets don't work, and whether one of them loads a picture. */
  readonly images = { shown: new Set<object>(), loading: false };
  /** Called after a failed attempt to find out why it failed. */
  whyDown: () => Promise<WhyDown> = () => Promise.resolve('unreachable');
  /** True after this user's role or cameras have changed: a camera that is gone may still exist. */
  accessChanged = false;
  readonly #listeners = new Set<ConnectionListener>();
  readonly #watched = new Map<number, ViewRequest>();
  readonly #end = new AbortController();
  readonly #timer: number;
  #why: WhyDown | null = null;
  #socket: WebSocket | null = null;
  #status: ConnectionStatus = 'connecting';
  #tries = 0;
  #everOpen = false;
  #suspended = false;
  #heardAt = 0;
  /** When the last answered ping was sent. */
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

  /** Adds a listener; returns a function that removes it. */
  listen(listener: ConnectionListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get status(): ConnectionStatus {
    return this.#status;
  }

  /** False until a connection has worked: a proxy may not support WebSockets. */
  get everOpen(): boolean {
    return this.#everOpen;
  }

  /** Milliseconds until the next attempt. */
  get reconnectIn(): number {
    // Somebody may have set the device's clock back.
    return Math.min(Math.max(0, this.#retryAt - Date.now()), 1.25 * longestWaitMs);
  }

  /** Why the last attempt failed; null while unknown. */
  get why(): WhyDown | null {
    return this.#why;
  }

  /** Requests a stream on a view. Call it again with another width to change it without a gap. */
  watch(view: number, wanted: ViewRequest): void {
    this.#watched.set(view, wanted);
    this.#send({ type: 'watch', view, ...wanted });
  }

  /** Ends the stream on a view. */
  unwatch(view: number): void {
    if (this.#watched.delete(view)) this.#send({ type: 'unwatch', view });
  }

  /** Reconnects at once instead of waiting. An open socket must answer a ping, because the device may have slept. */
  tryNow(): void {
    if (this.#status === 'signed-out' || this.#suspended) return;
    const socket = this.#socket;
    if (socket === null) return this.#open();
    if (socket.readyState !== WebSocket.OPEN) return;
    this.clock.reset();
    const asked = Date.now();
    this.#ping();
    setTimeout(() => {
      // Messages that arrived before the device slept are read only now and prove nothing.
      const answered = this.#answeredAt >= asked || this.#heardAt > asked + wakeMs / 2;
      if (this.#socket === socket && !answered) this.#reopen();
    }, wakeMs);
  }

  /** The session has ended: closes the socket and does not reconnect. */
  signOut(): void {
    this.#drop();
    this.#become('signed-out');
  }

  /** Closes the connection for good. Idempotent. */
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
    // Events of a socket that was given up are ignored.
    const mine = (then: () => void) => () => {
      if (this.#socket === socket) then();
    };
    const limit = this.#tries < slowAfter ? openMs : 2 * openMs;
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
      else if (close.code === accessChangedCode) this.#reopen();
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
    this.accessChanged ||= event.type === 'access-changed';
    if (event.type === 'hello' || event.type === 'cameras') this.cameras.replace(event.cameras);
    else if (event.type === 'camera') this.cameras.add([event.camera]);
  }

  /** The first retry is silent; the page reports the loss only if it fails. */
  #lost(): void {
    this.#tries += 1;
    const delay = Math.min(longestWaitMs, 250 * 2 ** this.#tries);
    const wait = delay * (0.75 + Math.random() / 2);
    this.#retryAt = Date.now() + wait;
    this.#retry = window.setTimeout(() => this.#open(), wait);
    if (this.#tries === 1) this.#become('connecting');
    else void this.#findOutWhy();
  }

  async #findOutWhy(): Promise<void> {
    const why = await this.whyDown();
    if (this.#socket?.readyState === WebSocket.OPEN || this.#suspended) return;
    this.#why = why;
    if (why === 'signed-out') this.signOut();
    else this.#become('down');
  }

  /** False in a hidden tab without picture in picture. */
  get #visible(): boolean {
    return !document.hidden || [...this.#listeners].some((listener) => listener.visible?.() === true);
  }

  #beat(): void {
    if (this.#socket?.readyState !== WebSocket.OPEN || !this.#visible) return;
    // Also if the device's clock was set back: then it is not known how long this has been.
    if (Math.abs(Date.now() - this.#heardAt) > silenceMs) this.#giveUp();
    else this.#ping();
  }

  #reopen(): void {
    this.#drop();
    this.#become('connecting');
    this.#open();
  }

  #giveUp(): void {
    this.#drop();
    this.#lost();
  }

  /** An open socket would keep the page out of the browser's back/forward cache. */
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
