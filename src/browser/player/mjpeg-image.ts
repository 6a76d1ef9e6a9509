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

/** The stream as a plain MJPEG image, for networks where WebSockets do not work. */
export class MjpegImage {
  readonly #options: MjpegImageOptions;
  #image: HTMLImageElement | null = null;

  constructor(options: MjpegImageOptions) {
    this.#options = options;
  }

  /** The size of the video in pixels; 0 before the first frame. */
  get size(): { readonly width: number; readonly height: number } {
    return { width: this.#image?.naturalWidth ?? 0, height: this.#image?.naturalHeight ?? 0 };
  }

  /** Shows the image. Idempotent. */
  show(): void {
    if (this.#image?.isConnected === true) return;
    const image = document.createElement('img');
    image.className = 'feed';
    image.alt = this.#options.label;
    image.src = this.#url();
    this.#options.place.append(image);
    this.#image = image;
  }

  /** Removes the image. Idempotent. */
  hide(): void {
    if (this.#image !== null) stopLoading(this.#image);
    this.#image = null;
  }

  #url(): string {
    const { connection, camera } = this.#options;
    const { server, token } = connection.address;
    const id = encodeURIComponent(camera);
    // The pages' own URL ends with the session's Stop.
    if (token === null && server === location.origin) return `/video_feed?camera=${id}&at=${Date.now()}`;
    const url = new URL(`/cameras/${id}/stream.mjpeg`, server);
    if (token !== null) url.searchParams.set('token', token);
    return url.href;
  }
}

/** Removes an image that never finishes loading. Some browsers close its connection only once `src` is gone. */
export function stopLoading(image: HTMLImageElement): void {
  image.removeAttribute('src');
  image.remove();
}
