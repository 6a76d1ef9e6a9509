import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicNow } from '../../domain/clock.ts';
import { PortholeError, type ProblemCode } from '../../domain/errors.ts';
import { MjpegReader } from '../../formats/multipart/mjpeg-reader.ts';
import { httpAnswers } from '../../text/http-answers.ts';
import type { HttpClient, HttpReply } from './http-client.ts';

/** An image and when it arrived, in milliseconds on the monotonic clock. */
export interface ArrivedImage {
  /** A JPEG; null if it was cut off or damaged. */
  readonly bytes: Buffer | null;
  readonly capturedAt: number;
}

/** How long nothing may follow an image of a reply that seems to be a single JPEG, in milliseconds. */
const singleEnd = 1_000;
/** The wait before a request that has failed is repeated, in milliseconds. */
const secondTry = 500;
/** Failures that may be over in a moment, after the camera has delivered images. */
const passing: ReadonlySet<ProblemCode> = new Set([
  'source_ended',
  'source_unreachable',
  'source_refused',
  'source_full',
]);

/**
 * The JPEGs of an MJPEG stream over HTTP, or of an address of a single JPEG, which is requested again and again. A
 * stream that ends after it has delivered images is requested again too.
 */
export class HttpImages {
  /** The rate at which a single JPEG is requested, if it is below one a second; else null. */
  readonly fps: number | null;
  readonly #client: HttpClient;
  readonly #images: AsyncGenerator<ArrivedImage, never>;
  readonly #abort: AbortController;

  private constructor(
    client: HttpClient,
    images: AsyncGenerator<ArrivedImage, never>,
    fps: number | null,
    abort: AbortController,
  ) {
    this.#client = client;
    this.#images = images;
    this.fps = fps;
    this.#abort = abort;
  }

  /**
   * @param reply the reply to the first request
   * @param interval the shortest time between two requests, in milliseconds
   */
  static open(client: HttpClient, reply: HttpReply, interval: number): HttpImages {
    const abort = new AbortController();
    const images = imagesOf(client, reply, interval, abort.signal);
    // The rate of a slow camera is told, because it must not count as silent between two requests.
    const fps = isSingle(reply) && interval > 1_000 ? 1_000 / interval : null;
    return new HttpImages(client, images, fps, abort);
  }

  /** Waits for the next image. @throws {PortholeError} why no more follow. */
  async next(): Promise<ArrivedImage> {
    return (await this.#images.next()).value;
  }

  /** Closes the connection, and makes a pending {@link next} fail. Idempotent. */
  close(): void {
    this.#abort.abort();
    this.#client.close();
  }
}

async function* imagesOf(
  client: HttpClient,
  first: HttpReply,
  interval: number,
  signal: AbortSignal,
): AsyncGenerator<ArrivedImage, never> {
  let requestedAt = monotonicNow();
  let failed = false;
  for (let reply: HttpReply | null = first; ;) {
    let count = 0;
    for await (const bytes of imagesIn(reply)) {
      count += 1;
      yield { bytes, capturedAt: monotonicNow() };
    }
    if (signal.aborted) throw new PortholeError('source_ended');
    if (count > 0) failed = false;
    else if (failed || reply === first) throw new PortholeError('source_ended', { message: httpAnswers.empty });
    else failed = true;
    for (reply = null; reply === null;) {
      const next = failed ? monotonicNow() + secondTry : requestedAt + interval;
      await sleep(Math.max(0, next - monotonicNow()), undefined, { signal }).catch(() => undefined);
      requestedAt = monotonicNow();
      try {
        reply = await client.get();
      } catch (error) {
        if (failed || signal.aborted || !(error instanceof PortholeError) || !passing.has(error.code)) throw error;
        failed = true;
      }
    }
  }
}

/** The images of one reply; null for each one that was cut off or damaged. */
async function* imagesIn(reply: HttpReply): AsyncGenerator<Buffer | null> {
  const reader = new MjpegReader();
  let timer: NodeJS.Timeout | undefined;
  for await (const bytes of reply.body) {
    clearTimeout(timer);
    for (const image of reader.push(bytes)) {
      // Some cameras neither state the length of a single JPEG nor close the connection.
      if (isSingle(reply)) timer = setTimeout(() => reply.close(), singleEnd);
      yield image.isWhole ? image.bytes : null;
    }
  }
  clearTimeout(timer);
  for (const image of reader.end()) yield image.isWhole ? image.bytes : null;
}

function isSingle({ type }: HttpReply): boolean {
  return /^image\//i.test(type);
}
