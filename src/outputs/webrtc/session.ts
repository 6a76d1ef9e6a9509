import { randomBytes, randomInt } from 'node:crypto';
import { audioRate, samplesOf } from '../../domain/media/audio.ts';
import { toWallClock } from '../../domain/clock.ts';
import { PortholeError } from '../../domain/errors.ts';
import { EvenTicks } from '../../domain/even-ticks.ts';
import type { Rendition } from '../../domain/media/rendition.ts';
import type { FrameSource } from '../../fanout/frame-source.ts';
import type { PerFrame } from '../../fanout/per-frame.ts';
import type { RtpPacket } from '../../formats/rtp/rtp-packet.ts';
import { type Candidate, readCandidate } from '../../formats/sdp/candidate.ts';
import { attributeOf, attributesOf, badSdp, parseFragment } from '../../formats/sdp/sdp.ts';
import type { IceEndpoint, SessionPlace } from './ice/ice-endpoint.ts';
import { RemoteCandidates } from './ice/remote-candidates.ts';
import { AudioSender } from './media/audio-sender.ts';
import { ProfileProbe } from './media/profile-probe.ts';
import { RtpStream, type RtpStreamOptions } from './media/rtp-stream.ts';
import { VideoSender } from './media/video-sender.ts';
import { type AnsweredTrack, writeAnswer } from './negotiation/answer.ts';
import type { Offer } from './negotiation/offer.ts';
import { type OwnOffer, readAnswer } from './negotiation/own-offer.ts';
import { Peer } from './peer.ts';
import { audioTrack, videoTrack } from './tracks.ts';

/** A session that hasn't connected after this time is closed, in milliseconds. */
const connectLimit = 20_000;
/** Ticks per second of video timestamps. */
const videoRate = 90_000;

/** How a session went, for the log. */
export interface SessionSummary {
  readonly reason: string;
  readonly connected: boolean;
  /** Frames. */
  readonly sent: number;
  /** Frames skipped. */
  readonly dropped: number;
  /** Packets. */
  readonly packets: number;
  /** Packets retransmitted. */
  readonly repeated: number;
}

/** Options of {@link WebRtcSession}. */
export interface SessionOptions {
  readonly frames: FrameSource;
  readonly endpoint: IceEndpoint;
  /** The RTP packets of each frame, shared by all sessions of the server. */
  readonly packets: Readonly<Record<'video' | 'audio', PerFrame<readonly RtpPacket[]>>>;
  readonly camera: string;
  /** An H.264 Rendition. */
  readonly rendition: Rendition;
  /** The Opus Rendition, if the client negotiated audio. It has a Viewer only while the client is connected. */
  readonly audio: Rendition | null;
  readonly offer: Offer | OwnOffer;
  /** The address that the client's requests come from; null if it isn't known. */
  readonly client: string | null;
  readonly onEnd: (summary: SessionSummary) => void;
}

/** What {@link WebRtcSession.open} has opened before there is a session to own it. */
interface Opened {
  readonly place: SessionPlace;
  readonly peer: Peer;
  readonly tracks: readonly AnsweredTrack[];
  /** Ends the subscription of the {@link ProfileProbe}. */
  readonly unsubscribe: () => void;
}

/** One WebRTC viewer: a camera's video to one peer, and its audio if negotiated. */
export class WebRtcSession {
  /** Identifies the session; can't be guessed. */
  readonly id = randomBytes(18).toString('base64url');
  /** The entity tag of its ICE session, which never restarts. */
  readonly etag = `"${randomBytes(6).toString('hex')}"`;
  readonly camera: string;
  /** Resolves when media can be sent; never resolves if the session closes before. */
  readonly connected: Promise<void>;
  /** Resolves when the session is over. */
  readonly closed: Promise<void>;
  readonly #options: SessionOptions;
  readonly #place: SessionPlace;
  readonly #peer: Peer;
  readonly #tracks: readonly AnsweredTrack[];
  readonly #stream: RtpStream;
  readonly #video: VideoSender;
  readonly #audio: AudioSender | null;
  readonly #resolveConnected: () => void;
  readonly #resolveClosed: () => void;
  /** Identifies the sender and its media stream to the client. */
  readonly #cname = `porthole-${randomBytes(6).toString('hex')}`;
  #timer: NodeJS.Timeout | undefined;
  #answer = '';
  #ufrag = '';
  readonly #candidates: RemoteCandidates;
  #isConnected = false;
  /** Ends the current video subscription. */
  #unsubscribe: () => void;
  /** Ends the audio subscription. */
  #endAudio: () => void = () => undefined;
  #isClosed = false;

  private constructor(options: SessionOptions, { place, peer, tracks, unsubscribe }: Opened) {
    const { packets, camera, client, endpoint } = options;
    this.#options = options;
    this.#place = place;
    this.#peer = peer;
    this.#tracks = tracks;
    this.#unsubscribe = unsubscribe;
    this.camera = camera;
    const [connected, closed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    this.connected = connected.promise;
    this.#resolveConnected = connected.resolve;
    this.closed = closed.promise;
    this.#resolveClosed = closed.resolve;
    this.#candidates = new RemoteCandidates(client, endpoint.checks);
    const [video, audio] = tracks as [AnsweredTrack, AnsweredTrack?];
    const epoch = toWallClock(0);
    this.#stream = this.#streamOf(video, { clockRate: videoRate, epoch });
    this.#video = new VideoSender({
      stream: this.#stream,
      packets: packets.video,
      resubscribe: () => this.#resubscribe(),
      onEnd: (why) => this.close(why),
    });
    const ticks = new EvenTicks(audioRate, samplesOf.opus);
    this.#audio =
      audio === undefined
        ? null
        : new AudioSender(this.#streamOf(audio, { clockRate: audioRate, epoch, ticks }), packets.audio);
  }

  /**
   * Opens a session for an offer, and writes the answer.
   *
   * @throws {PortholeError} `offer_without_h264`, `webrtc_full`, or `webrtc_not_now`.
   */
  static async open(options: SessionOptions): Promise<WebRtcSession> {
    const place = await options.endpoint.claim();
    let session: WebRtcSession;
    try {
      session = WebRtcSession.#start(options, place);
    } catch (error) {
      place.release();
      throw error;
    }
    try {
      await session.#negotiate();
      return session;
    } catch (error) {
      session.close('it could not be opened');
      throw error;
    }
  }

  /** Subscribes to the camera already now, so that it opens and encodes while ICE and DTLS connect. */
  static #start(options: SessionOptions, place: SessionPlace): WebRtcSession {
    const { frames, endpoint, camera, rendition, offer } = options;
    const probe = new ProfileProbe();
    const unsubscribe = frames.subscribe(camera, rendition, probe);
    try {
      const video = videoTrack(offer, probe.profile);
      const tracks = offer.audio === null ? [video] : [video, audioTrack(offer.audio)];
      const peer = Peer.open(
        endpoint.library,
        { config: place.config, remote: offer.transport, tracks },
        {
          connected: () => session.#begin(),
          feedback: (track, rtcp) => session.#takeFeedback(track, rtcp),
          gone: (why) => session.close(why),
        },
      );
      const session = new WebRtcSession(options, { place, peer, tracks, unsubscribe });
      probe.onEnd = () => session.close('the camera is gone');
      for (const candidate of offer.transport?.candidates ?? []) session.#addCandidate(candidate);
      session.#timer = setTimeout(() => session.close('it did not connect in time'), connectLimit);
      return session;
    } catch (error) {
      unsubscribe();
      throw error;
    }
  }

  /** Our description for the client: an answer, or an offer. */
  get answer(): string {
    return this.#answer;
  }

  /** True once media can be sent. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /**
   * Adds candidates that the client sends later (trickle ICE, RFC 8840).
   *
   * @throws {PortholeError} `invalid_input` if the fragment can't be parsed, `webrtc_no_restart` if it restarts ICE.
   */
  addCandidates(fragment: string): void {
    const { attributes, sections } = parseFragment(fragment);
    const all = [...attributes, ...sections.flatMap((section) => section.attributes)];
    const ufrag = attributeOf(all, 'ice-ufrag');
    if (ufrag !== undefined && ufrag !== this.#options.offer.transport?.ufrag) {
      throw new PortholeError('webrtc_no_restart');
    }
    for (const value of attributesOf(all, 'candidate')) this.#addCandidate(readCandidate(`candidate:${value}`));
  }

  /**
   * Accepts the client's answer to our offer.
   *
   * @throws {PortholeError} `invalid_input` if the answer can't be used or isn't the first one, `offer_without_h264`
   */
  accept(answer: string): void {
    const remote = readAnswer(answer);
    if (this.#peer.isAnswered) throw badSdp('this session has had its answer');
    this.#peer.accept(remote);
    for (const candidate of remote.candidates) this.#addCandidate(candidate);
  }

  /** Ends the session. Idempotent. */
  close(reason = 'closed by the server'): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#video.close();
    this.#audio?.close();
    this.#unsubscribe();
    this.#endAudio();
    this.#stream.end();
    this.#peer.close();
    this.#options.endpoint.forget(this.#ufrag);
    this.#place.release();
    const { sent, dropped } = this.#video;
    const { packets, repeated } = this.#stream;
    this.#options.onEnd({ reason, connected: this.#isConnected, sent, dropped, packets, repeated });
    this.#resolveClosed();
  }

  async #negotiate(): Promise<void> {
    const { endpoint, offer } = this.#options;
    const local = await this.#peer.localTransport();
    this.#ufrag = local.ufrag;
    const transport = { ...local, candidates: await endpoint.reach(local) };
    const number = String(randomInt(2 ** 47));
    this.#answer = writeAnswer(offer, { number, transport, tracks: this.#tracks, cname: this.#cname });
    if (this.#isClosed) throw new PortholeError('webrtc_not_now', { detail: 'closed while it was opened' });
  }

  #addCandidate(candidate: Candidate | null): void {
    if (candidate !== null && this.#candidates.take(candidate)) this.#peer.addCandidate(candidate);
  }

  #streamOf(track: AnsweredTrack, times: Pick<RtpStreamOptions, 'clockRate' | 'epoch' | 'ticks'>): RtpStream {
    return new RtpStream({
      ...times,
      ssrc: track.ssrc,
      cname: this.#cname,
      payloadType: track.payloadType,
      captureId: track.extensions[0]?.number ?? 0,
      send: (packet) => this.#peer.send(track, packet),
    });
  }

  #takeFeedback(track: AnsweredTrack, rtcp: Buffer): void {
    const sender = track === this.#tracks[0] ? this.#video : this.#audio;
    sender?.takeFeedback(rtcp);
  }

  /** Media can be sent now. */
  #begin(): void {
    if (this.#isConnected || this.#isClosed) return;
    this.#isConnected = true;
    clearTimeout(this.#timer);
    const { frames, camera, audio } = this.#options;
    this.#resubscribe();
    if (this.#audio !== null && audio !== null) this.#endAudio = frames.subscribe(camera, audio, this.#audio);
    this.#resolveConnected();
  }

  /**
   * Subscribes like a new viewer, so that a keyframe comes first and at once. The old subscription ends after the new
   * one has begun, so that the encoder keeps running.
   */
  #resubscribe(): void {
    const { frames, camera, rendition, client } = this.#options;
    const endLast = this.#unsubscribe;
    const video = this.#video;
    this.#unsubscribe = frames.subscribe(camera, rendition, {
      owner: client ?? '',
      offer: (frame) => video.offer(frame),
      offerGop: (frames) => video.offerGop(frames),
      tick: (now) => video.tick(now),
      end: () => video.end(),
    });
    endLast();
  }
}
