import { monotonicNow } from '../../domain/clock.ts';
import type { RtspReply } from '../../formats/rtsp/rtsp-message.ts';

/** Requests that keep an RTSP session alive, in the order in which they are tried. */
const methods = ['GET_PARAMETER', 'OPTIONS', 'SET_PARAMETER'] as const;
export type KeepAliveMethod = (typeof methods)[number];

/** A connection that closes this soon after a keepalive was closed because of it, in milliseconds. */
const soon = 2_000;

/**
 * Keeps an RTSP session alive with the requests that the camera accepts. After it has closed the connection at each of
 * them, no more are sent: FFmpeg's receiver reports are signs of life too (RFC 2326, appendix A).
 */
export class KeepAlive implements Disposable {
  readonly #ask: (method: KeepAliveMethod) => Promise<RtspReply>;
  readonly #hangsUpAt: ReadonlySet<KeepAliveMethod>;
  #method: KeepAliveMethod = 'OPTIONS';
  #timer: NodeJS.Timeout | undefined;
  #askedAt: number | null = null;

  /**
   * @param ask sends a request
   * @param hangsUpAt the requests at which the camera has closed the connection before
   */
  constructor(ask: (method: KeepAliveMethod) => Promise<RtspReply>, hangsUpAt: ReadonlySet<KeepAliveMethod>) {
    this.#ask = ask;
    this.#hangsUpAt = hangsUpAt;
  }

  /** Notes the methods that the camera accepts: its header `Public`. */
  offered(list: string): void {
    if (/\bGET_PARAMETER\b/i.test(list)) this.#method = 'GET_PARAMETER';
  }

  /** Starts, or starts again. @param lasts how long the session lasts without a sign of life, in seconds */
  start(lasts: number): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#send(), (lasts * 1_000) / 2);
  }

  /** The request at which the camera has just closed the connection; null if it was none. */
  get culprit(): KeepAliveMethod | null {
    return this.#askedAt !== null && monotonicNow() - this.#askedAt < soon ? this.#method : null;
  }

  #send(): void {
    const method = [this.#method, ...methods].find((each) => !this.#hangsUpAt.has(each));
    if (method === undefined) return;
    this.#method = method;
    this.#askedAt = monotonicNow();
    this.#ask(method).then(
      ({ status }) => {
        if (status >= 400) this.#method = 'OPTIONS';
      },
      () => undefined,
    );
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
