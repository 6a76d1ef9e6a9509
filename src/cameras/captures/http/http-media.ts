import { asPortholeError, PortholeError } from '../../../domain/errors.ts';
import type { Size } from '../../../domain/media/size.ts';
import { jpegFrame } from '../../../formats/jpeg/jpeg-frame.ts';
import { HttpClient } from '../../../network/http/http-client.ts';
import { HttpImages } from '../../../network/http/http-images.ts';
import { recognise } from '../../../network/http/http-problems.ts';
import type { MediaEnd, MediaOptions, MediaSource, OpenMedia } from '../network/media-source.ts';

/** How many times a second the address of a single JPEG is requested. */
const defaultRate = 4;

/**
 * Opens a camera over HTTP or HTTPS that sends JPEGs, as a stream or one for each request. Other containers are FFmpeg's.
 * Redirects to other hosts are not followed: they would lead past the check of addresses.
 */
export const openHttpMedia: OpenMedia = (options) => HttpMedia.open(options);

/** The JPEGs of an HTTP camera. */
class HttpMedia implements MediaSource {
  readonly #options: MediaOptions;
  readonly #client: HttpClient;
  #images: HttpImages | null = null;
  #size: Size = { width: 0, height: 0 };
  #sequence = 0;
  #isClosed = false;
  #ended: Promise<void> = Promise.resolve();

  private constructor(options: MediaOptions, client: HttpClient) {
    this.#options = options;
    this.#client = client;
  }

  static open(options: MediaOptions): MediaSource {
    const { source, addresses = [] } = options.source;
    if (source.kind !== 'http') throw new TypeError(`not a camera over HTTP: ${source.kind}`);
    const media = new HttpMedia(options, new HttpClient({ url: source.url, addresses }));
    const abort = (): void => void media.close();
    options.signal.addEventListener('abort', abort, { once: true });
    media.#ended = media.#run(source.fps ?? defaultRate).then((end) => {
      options.signal.removeEventListener('abort', abort);
      media.#disconnect();
      options.events.ended(media.#isClosed ? { reason: 'closed' } : end);
    });
    if (options.signal.aborted) abort();
    return media;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#disconnect();
    await this.#ended;
  }

  /** Delivers frames until the camera or its owner ends that. @param rate how often a single JPEG is requested, per second */
  async #run(rate: number): Promise<MediaEnd> {
    try {
      const reply = await this.#client.get();
      const content = recognise(reply.start, reply.type);
      if (content instanceof PortholeError) throw content;
      if (content !== 'jpeg') return { reason: 'unsupported', detail: 'its HTTP reply is not made of JPEGs' };
      this.#images = HttpImages.open(this.#client, reply, 1_000 / rate);
      if (this.#isClosed) this.#images.close();
      for (;;) await this.#deliver(this.#images);
    } catch (error) {
      return { reason: 'failed', error: asPortholeError(error) };
    }
  }

  async #deliver(images: HttpImages): Promise<void> {
    const { bytes, capturedAt } = await images.next();
    if (this.#isClosed) throw new PortholeError('source_ended');
    const { events } = this.#options;
    const jpeg = bytes === null ? null : jpegFrame(bytes);
    this.#sequence += 1;
    if (jpeg === null) {
      events.dropped('corrupt', 1);
      return;
    }
    const { width, height } = jpeg;
    if (width !== this.#size.width || height !== this.#size.height) {
      this.#size = { width, height };
      events.tracks({ video: { codec: 'jpeg', width, height, fps: images.fps }, audio: null });
    }
    events.video({ bytes: jpeg.bytes, width, height, capturedAt, sequence: this.#sequence, keyframe: true });
  }

  #disconnect(): void {
    this.#images?.close();
    this.#client.close();
  }
}
