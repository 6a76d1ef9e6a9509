import { Packet, type CodecParameters } from 'node-av/lib';
import type { VideoFormat } from '../../domain/media/media.ts';
import { inspectJpeg } from '../../formats/jpeg/jpeg.ts';
import { jpegParameters } from '../decode/decoder.ts';
import type { Captured, OpenSource } from '../source.ts';
import type { ArrivedImage, HttpImages } from '../../network/http/http-images.ts';

/** Delivers the images of an HTTP camera as packets. */
export class HttpMjpeg implements OpenSource {
  readonly codecParameters: CodecParameters = jpegParameters();
  readonly intraOnly = true;
  readonly video: VideoFormat;
  readonly #images: HttpImages;
  #first: ArrivedImage | null;

  /** @param first the first image, which has been taken from `images` */
  constructor(images: HttpImages, first: ArrivedImage) {
    this.#images = images;
    this.#first = first;
    const { width, height } = inspectJpeg(first.bytes) ?? { width: 640, height: 480 };
    this.video = { format: 'mjpeg', width, height, fps: images.fps };
  }

  /** The next image as a packet. Damaged ones are delivered too, so that they are counted. */
  async read(): Promise<Captured> {
    const { bytes, capturedAt } = this.#first ?? (await this.#images.next());
    this.#first = null;
    const packet = new Packet();
    packet.alloc();
    packet.data = bytes;
    return { kind: 'packet', packet, capturedAt };
  }

  async close(): Promise<void> {
    this.#images.close();
  }
}
