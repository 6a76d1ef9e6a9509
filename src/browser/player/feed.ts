import type { Connection } from '../transports/connection.ts';

/** What a {@link Feed} is made of. */
export interface FeedOptions {
  readonly connection: Connection;
  /** The camera's id. */
  readonly camera: string;
  /** What the picture is, in words. */
  readonly label: string;
  /** Where the picture goes. */
  readonly place: HTMLElement;
}

/** The picture as a plain multipart image, where sockets do not work. */
export class Feed {
  readonly #options: FeedOptions;
  #image: HTMLImageElement | null = null;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  /** The size of the picture in pixels; 0 before the first one. */
  get size(): { readonly width: number; readonly height: number } {
    return { width: this.#image?.naturalWidth ?? 0, height: this.#image?.naturalHeight ?? 0 };
  }

  /** Shows it, if it is not shown yet. */
  show(): void {
    if (this.#image?.isConnected === true) return;
    const image = document.createElement('img');
    image.className = 'feed';
    image.alt = this.#options.label;
    image.src = this.#url();
    this.#options.place.append(image);
    this.#image = image;
  }

  /** Ends it. Idempotent. */
  hide(): void {
    if (this.#image !== null) letGo(this.#image);
    this.#image = null;
  }

  #url(): string {
    const { connection, camera } = this.#options;
    const { server, token } = connection.address;
    const id = encodeURIComponent(camera);
    // The pages' own address stops with the Session's Stop.
    if (token === null && server === location.origin) return `/video_feed?camera=${id}&at=${Date.now()}`;
    const url = new URL(`/cameras/${id}/stream.mjpeg`, server);
    if (token !== null) url.searchParams.set('token', token);
    return url.href;
  }
}

/** Removes an image whose address never ends: only one without an address lets go of its connection everywhere. */
export function letGo(image: HTMLImageElement): void {
  image.removeAttribute('src');
  image.remove();
}
