import { PortholeError } from '../../domain/errors.ts';
import type { IceOptions, IceServer } from '../../domain/media/ice.ts';
import type { Rendition } from '../../domain/media/rendition.ts';
import type { FrameSource } from '../../fanout/frame-source.ts';
import { PerFrame } from '../../fanout/per-frame.ts';
import { packetize } from '../../formats/rtp/h264-payload.ts';
import { IceEndpoint } from './ice/ice-endpoint.ts';
import { type LibraryLog, restLibrary } from './library.ts';
import { ownOffer } from './negotiation/own-offer.ts';
import { readOffer } from './negotiation/offer.ts';
import { packetizeOpus } from '../../formats/rtp/opus-payload.ts';
import { WebRtcSession } from './session.ts';

/** The most sessions at once: with more, encryption alone would keep a machine busy. */
const mostSessions = 250;
/** The most sessions that may be connecting at once. */
const mostConnecting = 64;
/** The library's threads stop this long after the last session, in milliseconds. */
const restAfter = 5_000;

/** The cameras, as {@link WebRtc} needs them. */
export interface TrackSource extends FrameSource {
  /** @throws {PortholeError} `camera_not_found` */
  rendition(cameraId: string, width: number | 'source', codec: 'h264' | 'opus'): { readonly rendition: Rendition };
  /** True if the camera has audio, as far as it is known. @throws {PortholeError} `camera_not_found` */
  hasAudio(cameraId: string): boolean;
}

/** A client's request to watch a camera. */
export interface WatchRequest {
  readonly camera: string;
  readonly width: number | 'source';
  /** The client's offer, as SDP; null if it wants our offer. */
  readonly offer: string | null;
  /** The address that the client's requests come from; null if it isn't known. */
  readonly client: string | null;
}

/** The log of {@link WebRtc}. */
export interface WebRtcLog {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

/** All WebRTC sessions. The library is loaded and the ports are opened for the first one. */
export class WebRtc {
  readonly #frames: TrackSource;
  readonly #ice: IceOptions;
  readonly #log: WebRtcLog;
  readonly #packets = {
    video: new PerFrame(({ bytes }) => packetize(bytes)),
    audio: new PerFrame(({ bytes }) => packetizeOpus(bytes)),
  };
  readonly #sessions = new Set<WebRtcSession>();
  /** Sessions that are being opened. */
  #opening = 0;
  #endpoint: Promise<IceEndpoint> | null = null;
  #resting: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(frames: TrackSource, ice: IceOptions, log: WebRtcLog) {
    this.#frames = frames;
    this.#ice = ice;
    this.#log = log;
  }

  /** The STUN and TURN servers, for the clients. */
  get servers(): readonly IceServer[] {
    return this.#ice.servers;
  }

  /** The number of open sessions. */
  get size(): number {
    return this.#sessions.size;
  }

  /**
   * Opens a session that answers the client's offer, or makes one.
   *
   * @throws {PortholeError} `invalid_input` or `offer_without_h264` because of the offer, `webrtc_full`, or
   *   `webrtc_unavailable` with the reason.
   */
  async open({ camera, width, offer: sdp, client }: WatchRequest): Promise<WebRtcSession> {
    const offer = sdp === null ? ownOffer : readOffer(sdp, this.#frames.hasAudio(camera));
    const { rendition } = this.#frames.rendition(camera, width, 'h264');
    const audio = offer.audio === null ? null : this.#frames.rendition(camera, 'source', 'opus').rendition;
    this.#refuseTooMany();
    this.#opening += 1;
    try {
      const endpoint = await this.#opened();
      const session = await WebRtcSession.open({
        frames: this.#frames,
        endpoint,
        packets: this.#packets,
        camera,
        rendition,
        audio,
        offer,
        client,
        onEnd: (summary) => this.#log.debug({ camera, ...summary }, 'WebRTC session ended'),
      });
      this.#sessions.add(session);
      void session.closed.then(() => {
        this.#sessions.delete(session);
        this.#restLater();
      });
      if (this.#closed) session.close();
      return session;
    } finally {
      this.#opening -= 1;
      this.#restLater();
    }
  }

  /** Ends every session and closes the ports. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#resting);
    for (const session of this.#sessions) session.close('Porthole is stopping');
    const endpoint = await this.#endpoint?.catch(() => null);
    this.#endpoint = null;
    await endpoint?.close();
  }

  /** Waits a while after the last session: its connection is torn down in the library's threads. */
  #restLater(): void {
    clearTimeout(this.#resting);
    if (this.#closed) return;
    this.#resting = setTimeout(() => void this.#rest(), restAfter).unref();
  }

  async #rest(): Promise<void> {
    const endpoint = await this.#endpoint?.catch(() => null);
    if (endpoint == null || this.#closed || this.#sessions.size + this.#opening > 0) return;
    try {
      restLibrary(endpoint.library, this.#libraryLog);
    } catch (error) {
      this.#log.warn({ err: error }, 'The WebRTC library did not stop its threads');
    }
  }

  #refuseTooMany(): void {
    if (this.#closed) throw new PortholeError('shutting_down');
    const connecting = this.#opening + [...this.#sessions].filter(({ isConnected }) => !isConnected).length;
    if (this.#sessions.size + this.#opening < mostSessions && connecting < mostConnecting) return;
    throw new PortholeError('webrtc_full');
  }

  /** The endpoint that all sessions share; opens it if it isn't open or the last attempt failed. */
  #opened(): Promise<IceEndpoint> {
    this.#endpoint ??= IceEndpoint.open(this.#ice, this.#libraryLog).then(
      (endpoint) => {
        this.#log.info({ ...endpoint.ports }, 'WebRTC is ready');
        return endpoint;
      },
      (error: unknown) => {
        this.#endpoint = null;
        this.#log.warn({ err: error }, 'WebRTC is not available');
        throw error;
      },
    );
    return this.#endpoint;
  }

  readonly #libraryLog: LibraryLog = (level, message) => {
    this.#log.debug({ level, message }, 'WebRTC library');
  };
}
