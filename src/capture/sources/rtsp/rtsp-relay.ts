import type { Socket } from 'node:net';
import { cameraLimits } from '../../../domain/cameras/camera-limits.ts';
import { asPortholeError, type PortholeError } from '../../../domain/errors.ts';
import type { DescribedTrack } from '../../../formats/rtsp/description.ts';
import { headerValue, writeRtsp, type RtspHeader, type RtspRequest } from '../../../formats/rtsp/rtsp-message.ts';
import { RtspReader } from '../../../formats/rtsp/rtsp-reader.ts';
import { RtspSession, type RtspSessionOptions } from '../../../network/rtsp/rtsp-session.ts';
import { framed } from '../../../network/rtsp/rtsp-track.ts';
import { FrameEnds } from './frame-ends.ts';

/** FFmpeg's session. It never expires, because the relay keeps the camera's alive. */
const localSession = '1;timeout=1000000';
/** What FFmpeg may ask. */
const localMethods = 'OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN';

/** Options of {@link RtspRelay}. */
export interface RtspRelayOptions extends Pick<RtspSessionOptions, 'quirks' | 'localUrl'> {
  /** Called once, with the reason, when it can't go on. Both sockets are closed then. */
  readonly failed: (error: PortholeError) => void;
}

/**
 * Stands between FFmpeg and an RTSP camera. To FFmpeg it is a plain server that needs no sign-in and sends over TCP; of
 * the camera's replies FFmpeg sees nothing but the description, in which the relay replaces every URL.
 */
export class RtspRelay {
  readonly #client: Socket;
  readonly #socket: Socket;
  readonly #options: RtspRelayOptions;
  readonly #session: RtspSession;
  readonly #reader = new RtspReader();
  /** By the number of their track. */
  readonly #ends = new Map<number, FrameEnds>();
  /** Requests of FFmpeg are answered one after another. */
  #queue: Promise<void> = Promise.resolve();
  /** Media that arrived before PLAY was answered; null while they pass at once. */
  #held: Buffer[] | null = [];
  #heldBytes = 0;
  #failed = false;

  constructor(client: Socket, camera: Socket, options: RtspRelayOptions) {
    this.#client = client;
    this.#socket = camera;
    this.#options = options;
    this.#session = new RtspSession(camera, {
      ...options,
      media: (index, part, bytes) => {
        const hasRoom = this.#write(index, part, bytes);
        if (part === 0) this.#ends.get(index)?.packet(bytes.subarray(4));
        return hasRoom;
      },
      hasRoom: () => client.writableLength < cameraLimits.waitingMedia,
      ended: () => client.end(),
      failed: (error) => this.#fail(error),
    });
    client.on('data', (bytes: Buffer) => this.#takeRequests(bytes));
    client.on('drain', () => camera.resume());
    client.once('close', () => {
      this.#session.leave();
      this.#endFrames([]);
    });
  }

  /** Prepares to end the frames of the video tracks among these, and of no others. */
  #endFrames(tracks: readonly DescribedTrack[]): void {
    for (const each of this.#ends.values()) each[Symbol.dispose]();
    this.#ends.clear();
    for (const [index, { type, encoding }] of tracks.entries()) {
      if (type !== 'video') continue;
      const end = (rtp: Buffer): void => void this.#write(index, 0, framed(rtp));
      this.#ends.set(index, new FrameEnds(encoding, end));
    }
  }

  #takeRequests(bytes: Buffer): void {
    for (const item of this.#reader.push(bytes)) {
      if (item.kind === 'request') {
        this.#queue = this.#queue
          .then(() => this.#handle(item))
          .catch((error: unknown) => this.#fail(asPortholeError(error)));
      } else if (item.kind === 'packet' && item.channel % 2 === 1) {
        this.#session.report(item.channel >> 1, item.bytes.subarray(4));
      }
    }
  }

  async #handle(request: RtspRequest): Promise<void> {
    if (this.#client.destroyed) return;
    const { headers = [], body } = await this.#answer(request);
    const number: RtspHeader = ['CSeq', headerValue(request.headers, 'cseq') ?? '0'];
    this.#client.write(writeRtsp('RTSP/1.0 200 OK', [number, ...headers], body));
    if (request.method === 'PLAY') this.#release();
  }

  async #answer({ method, uri }: RtspRequest): Promise<{ headers?: RtspHeader[]; body?: Buffer<ArrayBuffer> }> {
    switch (method) {
      case 'OPTIONS':
        await this.#session.greet();
        return { headers: [['Public', localMethods]] };
      case 'DESCRIBE': {
        const { text, tracks } = await this.#session.describe();
        this.#endFrames(tracks);
        return { headers: [['Content-Type', 'application/sdp']], body: Buffer.from(text, 'latin1') };
      }
      case 'SETUP': {
        const index = Number(/\/(\d+)$/.exec(uri)?.[1] ?? -1);
        await this.#session.setUp(index);
        // FFmpeg has the channels `2 × index` for RTP and the next one for RTCP.
        this.#reader.channels.add(2 * index).add(2 * index + 1);
        const channels = `${2 * index}-${2 * index + 1}`;
        const transport = `RTP/AVP/TCP;unicast;interleaved=${channels}`;
        return {
          headers: [
            ['Transport', transport],
            ['Session', localSession],
          ],
        };
      }
      case 'PLAY':
        await this.#session.play();
        return { headers: [['Session', localSession]] };
      default:
        return {};
    }
  }

  /** @returns false if FFmpeg reads more slowly than the camera sends */
  #write(index: number, part: 0 | 1, bytes: Buffer): boolean {
    bytes[1] = 2 * index + part;
    if (this.#held !== null) {
      this.#heldBytes += bytes.length;
      if (this.#heldBytes <= cameraLimits.earlyMedia) this.#held.push(bytes);
      return true;
    }
    return this.#client.destroyed || this.#client.write(bytes);
  }

  /** Passes on the media from before PLAY was answered: it may hold the only keyframe for a long time. */
  #release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    if (held.length > 0 && !this.#client.write(Buffer.concat(held))) this.#socket.pause();
  }

  #fail(error: PortholeError): void {
    if (this.#failed || this.#client.destroyed) return;
    this.#failed = true;
    this.#options.failed(error);
    this.#client.destroy();
  }
}
