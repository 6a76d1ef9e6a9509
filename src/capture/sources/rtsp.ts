import type { ResolvedSource, SourceOf } from '../../domain/cameras/source.ts';
import type { AudioInput, Captured, CapturedAudio, OpenSource, OpenSourceFunction } from '../source.ts';
import { CameraQuirks } from '../../network/rtsp/camera-quirks.ts';
import { openNetwork } from './network.ts';
import { RtspRelay } from './rtsp/rtsp-relay.ts';
import type { StreamSource } from './stream.ts';

/**
 * Opens an RTSP or RTSPS stream (RFC 2326), interleaved over TCP, which passes firewalls and loses no packets; over UDP
 * if the camera offers nothing else.
 */
export const openRtsp: OpenSourceFunction<'rtsp'> = (resolved) => RtspSource.open(resolved);

/**
 * An RTSP camera. It is connected again if the connection has shown a quirk that the next one can avoid, such as audio
 * that is announced and refused, or a keepalive at which the camera hangs up.
 */
class RtspSource implements OpenSource {
  readonly #resolved: ResolvedSource<SourceOf<'rtsp'>>;
  readonly #quirks: CameraQuirks;
  #stream: StreamSource;
  /** Facts known when the stream was opened. */
  #known: number;
  #takeAudio: ((audio: CapturedAudio) => void) | null = null;
  #isClosed = false;

  private constructor(resolved: ResolvedSource<SourceOf<'rtsp'>>, quirks: CameraQuirks, stream: StreamSource) {
    this.#resolved = resolved;
    this.#quirks = quirks;
    this.#stream = stream;
    this.#known = quirks.count;
  }

  static async open(resolved: ResolvedSource<SourceOf<'rtsp'>>): Promise<RtspSource> {
    const quirks = new CameraQuirks(resolved.source.url);
    return new RtspSource(resolved, quirks, await connect(resolved, quirks));
  }

  get video() {
    return this.#stream.video;
  }
  get codecParameters() {
    return this.#stream.codecParameters;
  }
  get intraOnly() {
    return this.#stream.intraOnly;
  }

  get audio(): AudioInput | undefined {
    if (this.#stream.audio === undefined) return undefined;
    return {
      announced: true,
      listen: (take) => {
        this.#takeAudio = take;
        this.#stream.audio?.listen(take);
      },
    };
  }

  async read(): Promise<Captured> {
    for (;;) {
      try {
        return await this.#stream.read();
      } catch (error) {
        if (this.#isClosed || this.#quirks.count === this.#known) throw error;
      }
      await this.#stream.close();
      this.#stream = await connect(this.#resolved, this.#quirks);
      this.#known = this.#quirks.count;
      if (this.#isClosed) await this.#stream.close();
      this.#stream.audio?.listen(this.#takeAudio);
    }
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return this.#stream.close();
  }
}

/** Connects, again and again while that teaches something about the camera. */
async function connect(resolved: ResolvedSource<SourceOf<'rtsp'>>, quirks: CameraQuirks): Promise<StreamSource> {
  for (;;) {
    const { count, url } = quirks;
    try {
      return await openNetwork(
        { ...resolved, source: { ...resolved.source, url } },
        (client, camera, localUrl, failed) => {
          new RtspRelay(client, camera, { localUrl, quirks, failed });
        },
        {
          format: 'rtsp',
          // The description names the codecs, and the first keyframe tells the size.
          probe: false,
          // No time limit: the relay notices a camera that does not answer, and the server one that falls silent.
          options: { rtsp_transport: 'tcp', protocol_whitelist: 'rtsp,rtp,tcp' },
        },
      );
    } catch (error) {
      if (quirks.count === count) throw error;
    }
  }
}
