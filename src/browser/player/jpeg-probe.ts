import type { MediaFrame } from '../connection/frame.ts';
import type { ServerClock } from '../connection/server-clock.ts';
import { StallDetector } from '../transports/stall-detector.ts';
import type { VideoRequest } from '../transports/video-transport.ts';
import type { JpegView } from './jpeg-view.ts';

/**
 * Requests JPEG while a video transport is silent. If JPEG frames arrive, the transport has stalled; if none do, the
 * camera has nothing to send, as a network camera may for ten seconds.
 */
export class JpegProbe {
  readonly #jpeg: JpegView;
  readonly #clock: ServerClock;
  readonly #detector = new StallDetector();
  #running = false;

  constructor(jpeg: JpegView, clock: ServerClock) {
    this.#jpeg = jpeg;
    this.#clock = clock;
  }

  /** True while JPEG is requested for comparison. */
  get running(): boolean {
    return this.#running;
  }

  /** True if the transport has stalled. */
  get stalled(): boolean {
    return this.#detector.stalled;
  }

  /** Requests JPEG, if it is not requested yet. */
  start(request: VideoRequest): void {
    if (this.#running) return;
    this.#running = true;
    this.#jpeg.watch(request);
  }

  /** Stops requesting JPEG. Idempotent. */
  stop(): void {
    if (!this.#running) return;
    this.#running = false;
    this.#detector.clear();
    this.#jpeg.unwatch();
  }

  /**
   * Takes a JPEG frame if it belongs to this probe.
   *
   * @param silentFor milliseconds since the transport's last frame
   */
  take(frame: MediaFrame, silentFor: number): void {
    if (!this.#running || !this.#jpeg.owns(frame)) return;
    // The first JPEG the server sends may be older than the last frame shown.
    if (frame.capturedAt > this.#clock.now() - silentFor) this.#detector.otherFrame(performance.now());
  }
}
