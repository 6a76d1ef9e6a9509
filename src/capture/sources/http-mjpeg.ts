import { setTimeout as sleep } from 'node:timers/promises';
import { Packet, type CodecParameters } from 'node-av/lib';
import { monotonicNow } from '../../domain/clock.ts';
import { PortholeError, type ProblemCode } from '../../domain/errors.ts';
import type { VideoFormat } from '../../domain/media.ts';
import { MjpegReader } from '../../formats/multipart/mjpeg-reader.ts';
import { inspectJpeg } from '../../formats/jpeg/jpeg.ts';
import { httpAnswers } from '../../text/http-answers.ts';
import { jpegParameters } from '../decode/decoder.ts';
import type { Captured, OpenSource } from '../source.ts';
import type { HttpClient, HttpReply } from './http-client.ts';

interface Arrived {
  readonly bytes: Buffer;
  readonly capturedAt: number;
}

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
 * An MJPEG stream over HTTP, or the address of a single JPEG, which is requested again and again. A stream that ends
 * after it has delivered images is requested again too.
 */
export class HttpMjpeg implements OpenSource {
  readonly codecParameters: CodecParameters = jpegParameters();
  readonly intraOnly = true;
  readonly video: VideoFormat;
  readonly #client: HttpClient;
  readonly #frames: AsyncGenerator<Arrived, never>;
  #first: Arrived | null;
  readonly #abort: AbortController;

  private constructor(
    client: HttpClient,
    frames: AsyncGenerator<Arrived, never>,
    first: Arrived,
    abort: AbortController,
  ) {
    this.#client = client;
    this.#frames = frames;
    this.#first = first;
    this.#abort = abort;
    const { width, height } = inspectJpeg(first.bytes) ?? { width: 640, height: 480 };
    this.video = { format: 'mjpeg', width, height, fps: null };
  }

  /**
   * Waits for the first image.
   *
   * @param reply the reply to the first request
   * @param interval the shortest time between two requests, in milliseconds
   * @throws {PortholeError} `source_ended` if there is none, `source_not_video` if there is only other data.
   */
  static async open(client: HttpClient, reply: HttpReply, interval: number): Promise<HttpMjpeg> {
    const abort = new AbortController();
    const frames = framesOf(client, reply, interval, abort.signal);
    const { value } = await frames.next();
    return new HttpMjpeg(client, frames, value, abort);
  }

  /** The next image as a packet. Damaged ones are delivered too, so that they are counted. */
  async read(): Promise<Captured> {
    const { bytes, capturedAt } = this.#first ?? (await this.#frames.next()).value;
    this.#first = null;
    const packet = new Packet();
    packet.alloc();
    packet.data = bytes;
    return { kind: 'packet', packet, capturedAt };
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#client.close();
  }
}

async function* framesOf(
  client: HttpClient,
  first: HttpReply,
  interval: number,
  signal: AbortSignal,
): AsyncGenerator<Arrived, never> {
  let requestedAt = monotonicNow();
  let failed = false;
  for (let reply: HttpReply | null = first; ;) {
    let count = 0;
    for await (const bytes of imagesOf(reply)) {
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

/** The images of one reply, whole or damaged. */
async function* imagesOf(reply: HttpReply): AsyncGenerator<Buffer> {
  const reader = new MjpegReader();
  for await (const bytes of reply.body) for (const image of reader.push(bytes)) yield image.bytes;
  for (const image of reader.end()) yield image.bytes;
}
