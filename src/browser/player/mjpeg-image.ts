import type { Connection } from '../connection/connection.ts';

/** Options of {@link MjpegImage}. */
export interface MjpegImageOptions {
  readonly connection: Connection;
  /** The camera's id. */
  readonly camera: string;
  /** Accessible name of the video. */
  readonly label: string;
  /** Parent of the element that shows the video. */
  readonly place: HTMLElement;
}

/** Streams that may play at once: browsers open six connections to a host, and links and forms need some of them. */
const mostStreams = 4;
/** How long a picture stays before it is refreshed (ms). */
const refreshMs = 2_000;

/**
 * The stream as a plain MJPEG image, for networks where WebSockets do not work. While too many others play, it is a picture
 * that is refreshed.
 */
export class MjpegImage {
  readonly #options: MjpegImageOptions;
  #image: HTMLImageElement | null = null;
  #plays = false;
  #refreshedAt = -Infinity;

  constructor(options: MjpegImageOptions) {
    this.#options = options;
  }

  /** The size of the video in pixels; 0 before the first frame. */
  get size(): { readonly width: number; readonly height: number } {
    return { width: this.#image?.naturalWidth ?? 0, height: this.#image?.naturalHeight ?? 0 };
  }

  /** Shows the image, or refreshes its picture; called again and again while it is shown. */
  show(): void {
    const { connection, place } = this.#options;
    const { shown } = connection.images;
    if (this.#image?.isConnected !== true) {
      this.#plays = false;
      this.#image = this.#create();
      place.append(this.#image);
      shown.add(this);
    }
    if ([...shown].indexOf(this) >= mostStreams) return void this.#refresh();
    if (this.#plays) return;
    this.#plays = true;
    this.#image.src = this.#streamUrl();
  }

  /** Removes the image. Idempotent. */
  hide(): void {
    if (this.#image !== null) stopLoading(this.#image);
    this.#image = null;
    this.#options.connection.images.shown.delete(this);
  }

  /** Loads one picture at a time: that of a dead camera takes long, and so would all of them. */
  async #refresh(): Promise<void> {
    const { images } = this.#options.connection;
    if (images.loading || performance.now() - this.#refreshedAt < refreshMs) return;
    images.loading = true;
    const picture = this.#create();
    picture.src = this.#url('snapshot.jpg', { width: '640', at: String(Date.now()) });
    const isLoaded = await picture.decode().then(
      () => true,
      () => false,
    );
    images.loading = false;
    this.#refreshedAt = performance.now();
    if (!isLoaded || this.#image === null || this.#plays) return;
    this.#image.replaceWith(picture);
    this.#image = picture;
  }

  #create(): HTMLImageElement {
    return Object.assign(document.createElement('img'), { className: 'feed', alt: this.#options.label });
  }

  #streamUrl(): string {
    const { connection, camera } = this.#options;
    const { server, token } = connection.address;
    // The pages' own URL ends with the session's Stop.
    if (token === null && server === location.origin)
      return `/video_feed?camera=${encodeURIComponent(camera)}&at=${Date.now()}`;
    return this.#url('stream.mjpeg', {});
  }

  #url(file: string, query: Record<string, string>): string {
    const { connection, camera } = this.#options;
    const { server, token } = connection.address;
    const parameters = new URLSearchParams(token === null ? query : { ...query, token });
    return `${server}/cameras/${encodeURIComponent(camera)}/${file}?${parameters.toString()}`;
  }
}

/** Removes an image that never finishes loading. Some browsers close its connection only once `src` is gone. */
export function stopLoading(image: HTMLImageElement): void {
  image.removeAttribute('src');
  image.remove();
}
