/** What a {@link FloatingPicture} needs to know. */
export interface FloatingOptions {
  /** What shows the picture now. */
  readonly picture: () => HTMLCanvasElement | HTMLVideoElement;
  /** Where a video that nobody sees may stand. */
  readonly place: HTMLElement;
  /** The picture began to float, or is back. */
  readonly changed: (floats: boolean) => void;
  /** It ended although nobody wanted that. */
  readonly lost: () => void;
}

/** How long a canvas may take to become a video, in milliseconds, and how often it is shown until then. */
const readyMs = 3_000;
const repeatMs = 50;

/** True where the browser lets a page's picture float over other windows. */
export function canFloat(): boolean {
  return document.pictureInPictureEnabled === true;
}

/** The picture in a small window over all others; it stays there when another element takes it over. */
export class FloatingPicture {
  readonly #options: FloatingOptions;
  #video: HTMLVideoElement | null = null;
  #copy: CanvasVideo | null = null;
  #swapping = false;

  constructor(options: FloatingOptions) {
    this.#options = options;
  }

  /** True while it floats. */
  get floats(): boolean {
    return this.#video !== null;
  }

  /** Lets it float, or brings it back. @throws {DOMException} if the browser does not want it now */
  async toggle(): Promise<void> {
    if (this.#video !== null) await document.exitPictureInPicture();
    else await this.#float();
  }

  /** Another element shows the picture: it floats in place of the one before. @returns null if none floats */
  swap(): Promise<void> | null {
    return this.#video === null ? null : this.#swap();
  }

  /** A picture was drawn on the canvas. */
  drawn(): void {
    this.#copy?.drawn();
  }

  /** Ends it. Idempotent. */
  close(): void {
    if (this.#video !== null) void document.exitPictureInPicture().catch(() => undefined);
    this.#ended();
  }

  async #swap(): Promise<void> {
    this.#swapping = true;
    try {
      await this.#float();
    } catch {
      this.close();
      this.#options.lost();
    } finally {
      this.#swapping = false;
    }
  }

  async #float(): Promise<void> {
    const picture = this.#options.picture();
    const copy = picture instanceof HTMLCanvasElement ? new CanvasVideo(picture, this.#options.place) : null;
    const video = copy?.video ?? (picture as HTMLVideoElement);
    try {
      await copy?.ready();
      // Where one floats already, another may follow without a hand on the mouse.
      await video.requestPictureInPicture();
    } catch (error) {
      copy?.close();
      throw error;
    }
    this.#copy?.close();
    this.#copy = copy;
    const before = this.#video;
    this.#video = video;
    video.addEventListener('leavepictureinpicture', () => this.#left(video), { once: true });
    if (before === null) this.#options.changed(true);
  }

  #left(video: HTMLVideoElement): void {
    if (video === this.#video && !this.#swapping) this.#ended();
  }

  #ended(): void {
    this.#copy?.close();
    this.#copy = null;
    if (this.#video === null) return;
    this.#video = null;
    this.#options.changed(false);
  }
}

/** What Chromium has in place of `VideoTrackGenerator`: unlike `captureStream` it goes on in a hidden tab. */
interface TrackGenerator extends MediaStreamTrack {
  readonly writable: WritableStream<VideoFrame>;
}
type TrackGeneratorType = new (init: { kind: 'video' }) => TrackGenerator;

/** A video that shows what is drawn on a canvas. */
class CanvasVideo {
  readonly video = document.createElement('video');
  readonly #canvas: HTMLCanvasElement;
  readonly #stream: MediaStream;
  readonly #writer: WritableStreamDefaultWriter<VideoFrame> | null = null;
  #writing = false;

  constructor(canvas: HTMLCanvasElement, place: HTMLElement) {
    this.#canvas = canvas;
    const { MediaStreamTrackGenerator: Generator } = globalThis as { MediaStreamTrackGenerator?: TrackGeneratorType };
    if (Generator === undefined) this.#stream = canvas.captureStream();
    else {
      const track = new Generator({ kind: 'video' });
      this.#stream = new MediaStream([track]);
      this.#writer = track.writable.getWriter();
    }
    const { video } = this;
    video.className = 'coming';
    video.muted = true;
    video.playsInline = true;
    video.setAttribute('aria-hidden', 'true');
    video.srcObject = this.#stream;
    place.append(video);
    void video.play().catch(() => undefined);
    this.drawn();
  }

  /** Resolves when it has a picture. A camera may be slow, so the one that is there is shown again and again till then. */
  async ready(): Promise<void> {
    const deadline = performance.now() + readyMs;
    while (this.video.readyState < HTMLMediaElement.HAVE_METADATA) {
      if (performance.now() > deadline) throw new DOMException('The canvas became no video.', 'TimeoutError');
      this.drawn();
      await new Promise((resolve) => setTimeout(resolve, repeatMs));
    }
  }

  /** Something was drawn. */
  drawn(): void {
    if (this.#writer === null || this.#writing || this.#canvas.width === 0) return;
    const frame = new VideoFrame(this.#canvas, { timestamp: Math.round(performance.now() * 1_000) });
    this.#writing = true;
    void this.#writer
      .write(frame)
      .catch(() => frame.close())
      .finally(() => (this.#writing = false));
  }

  close(): void {
    for (const track of this.#stream.getTracks()) track.stop();
    this.#writer?.close().catch(() => undefined);
    this.video.srcObject = null;
    this.video.remove();
  }
}
