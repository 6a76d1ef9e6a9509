/** Options of {@link FloatingPicture}. */
export interface FloatingOptions {
  /** The element that shows the camera now. */
  readonly element: () => HTMLCanvasElement | HTMLVideoElement;
  /** Parent for an invisible video. */
  readonly place: HTMLElement;
  /** Picture in picture started or ended. */
  readonly changed: (floats: boolean) => void;
  /** Picture in picture ended because of a failure. */
  readonly lost: () => void;
}

/** How long a canvas may take to become a video, and how often it is sent until then (ms). */
const readyMs = 3_000;
const repeatMs = 50;

/** True if the browser supports picture in picture. */
export function canFloat(): boolean {
  return document.pictureInPictureEnabled === true;
}

/** Picture in picture that survives a change of the element that shows the camera. */
export class FloatingPicture {
  readonly #options: FloatingOptions;
  #video: HTMLVideoElement | null = null;
  #copy: CanvasVideo | null = null;
  #swapping = false;

  constructor(options: FloatingOptions) {
    this.#options = options;
  }

  /** True in picture in picture. */
  get floats(): boolean {
    return this.#video !== null;
  }

  /** Starts or ends picture in picture. @throws {DOMException} if the browser refuses */
  async toggle(): Promise<void> {
    if (this.#video !== null) await document.exitPictureInPicture();
    else await this.#float();
  }

  /** Moves picture in picture to the new element. @returns null if it is not active */
  swap(): Promise<void> | null {
    return this.#video === null ? null : this.#swap();
  }

  /** A frame was drawn on the canvas. */
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
    const element = this.#options.element();
    const copy = element instanceof HTMLCanvasElement ? new CanvasVideo(element, this.#options.place) : null;
    const video = copy?.video ?? (element as HTMLVideoElement);
    try {
      await copy?.ready();
      // Needs no user gesture if another video is already in picture in picture.
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

/** Chromium's precursor of `VideoTrackGenerator`. Unlike `captureStream` it continues in a hidden tab. */
interface TrackGenerator extends MediaStreamTrack {
  readonly writable: WritableStream<VideoFrame>;
}
type TrackGeneratorType = new (init: { kind: 'video' }) => TrackGenerator;

/** A video that mirrors a canvas. */
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

  /** Resolves when the video has a frame. The current frame is sent repeatedly until then, as a camera may be slow. */
  async ready(): Promise<void> {
    const deadline = performance.now() + readyMs;
    while (this.video.readyState < HTMLMediaElement.HAVE_METADATA) {
      if (performance.now() > deadline)
        throw new DOMException('The canvas did not become a video in time.', 'TimeoutError');
      this.drawn();
      await new Promise((resolve) => setTimeout(resolve, repeatMs));
    }
  }

  /** Sends what is drawn on the canvas. */
  drawn(): void {
    if (this.#writer === null || this.#writing || this.#canvas.width === 0) return;
    const frame = new VideoFrame(this.#canvas, { timestamp: Math.round(performance.now() * 1_000) });
    this.#writing = true;
    void this.#writer
      .write(frame)
      .catch(() => frame.close())
      .finally(() => (this.#writing = false));
  }

  /** Ends the video. */
  close(): void {
    for (const track of this.#stream.getTracks()) track.stop();
    this.#writer?.close().catch(() => undefined);
    this.video.srcObject = null;
    this.video.remove();
  }
}
