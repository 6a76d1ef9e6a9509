import { isDeepStrictEqual } from 'node:util';
import type { ResolvedSource, SourceOf } from '../../../domain/cameras/source.ts';
import { asPortholeError } from '../../../domain/errors.ts';
import type { CameraAddress } from '../../../network/reach.ts';
import { CameraQuirks } from '../../../network/rtsp/camera-quirks.ts';
import type { MediaEnd, MediaOptions, MediaSource, MediaTracks, OpenMedia } from '../network/media-source.ts';
import { RtspConnection, UnsupportedMedia } from './rtsp-connection.ts';

/**
 * Reads an RTSP or RTSPS camera (RFC 2326) in the server process: H.264, H.265 and JPEG, with AAC, Opus and G.711;
 * interleaved over TCP, which passes firewalls and loses no packets, and over UDP if the camera offers nothing else.
 */
export const openRtspMedia: OpenMedia = (options) => RtspMedia.open(options);

/**
 * An RTSP camera. It is connected again if the connection has shown a quirk that the next one can avoid, such as audio
 * that is announced and refused, or a keepalive at which the camera hangs up.
 */
class RtspMedia implements MediaSource {
  readonly #options: MediaOptions;
  readonly #quirks: CameraQuirks;
  readonly #address: CameraAddress;
  readonly #done: Promise<void>;
  #connection: RtspConnection | null = null;
  #isClosed = false;
  #tracks: MediaTracks | null = null;

  private constructor(options: MediaOptions) {
    this.#options = options;
    const { source, addresses = [] } = options.source as ResolvedSource<SourceOf<'rtsp'>>;
    this.#quirks = new CameraQuirks(source.url);
    this.#address = { url: source.url, addresses };
    this.#done = this.#run();
  }

  static open(options: MediaOptions): RtspMedia {
    const media = new RtspMedia(options);
    const close = (): void => void media.close();
    options.signal.addEventListener('abort', close, { once: true });
    void media.#done.then(() => options.signal.removeEventListener('abort', close));
    if (options.signal.aborted) close();
    return media;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#connection?.close();
    await this.#done;
  }

  async #run(): Promise<void> {
    // Nothing is reported before the caller has the source.
    await Promise.resolve();
    const end = await this.#connect();
    this.#options.events.ended(this.#isClosed ? { reason: 'closed' } : end);
  }

  /** A later connection announces the same, and its audio some frames later. */
  #announce(tracks: MediaTracks): void {
    const audio = tracks.audio ?? this.#tracks?.audio ?? null;
    const now = { ...tracks, audio, awaitsAudio: audio === null && tracks.awaitsAudio === true };
    if (isDeepStrictEqual(now, this.#tracks)) return;
    this.#tracks = now;
    this.#options.events.tracks(now);
  }

  async #connect(): Promise<MediaEnd> {
    const { events } = this.#options;
    let [video, audio] = [0, 0];
    while (!this.#isClosed) {
      const { count } = this.#quirks;
      this.#connection = new RtspConnection(this.#address, this.#quirks, {
        tracks: (tracks) => this.#announce(tracks),
        video: (frame) => events.video({ ...frame, sequence: (video += 1) }),
        audio: (frame) => events.audio({ ...frame, sequence: (audio += 1) }),
        waiting: () => events.waiting(),
        damaged: () => events.dropped('corrupt', 1),
      });
      try {
        await this.#connection.run();
      } catch (error) {
        if (error instanceof UnsupportedMedia) return { reason: 'unsupported', detail: error.message };
        if (this.#quirks.count === count) return { reason: 'failed', error: asPortholeError(error) };
      }
    }
    return { reason: 'closed' };
  }
}
