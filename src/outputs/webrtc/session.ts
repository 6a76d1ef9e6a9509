import { randomBytes, randomInt } from 'node:crypto';
import { PortholeError } from '../../domain/errors.ts';
import { toWallClock } from '../../domain/clock.ts';
import type { Frame } from '../../domain/frame.ts';
import { nalUnits, parameterSetsOf, readSequence } from '../../formats/h264/h264.ts';
import type { Rendition } from '../../domain/rendition.ts';
import { samplesOf, audioRate } from '../../domain/audio.ts';
import type { FrameSource } from '../../fanout/frame-source.ts';
import { type AnsweredTrack, writeAnswer } from './negotiation/answer.ts';
import { type Candidate, readCandidate } from '../../formats/sdp/candidate.ts';
import { EvenTicks } from '../../domain/even-ticks.ts';
import { constrainedBaseline, type StreamProfile } from './negotiation/h264-choice.ts';
import type { IceEndpoint, SessionPlace } from './ice/ice-endpoint.ts';
import { type OwnOffer, readAnswer } from './negotiation/own-offer.ts';
import { mostCandidates, type Offer } from './negotiation/offer.ts';
import { Peer } from './peer.ts';
import { RtpStream, type RtpStreamOptions } from './media/rtp-stream.ts';
import { attributeOf, attributesOf, badSdp, parseFragment } from '../../formats/sdp/sdp.ts';
import type { SharedPackets } from './media/shared-packets.ts';
import { AudioSender } from './media/audio-sender.ts';
import { audioTrack, videoTrack } from './tracks.ts';
import { VideoSender } from './media/video-sender.ts';

/** A session that has not come about after this time is given up, in milliseconds. */
const connectLimit = 20_000;
const videoRate = 90_000;

/** What a session was, for the log. */
export interface SessionSummary {
  readonly reason: string;
  readonly connected: boolean;
  /** Frames. */
  readonly sent: number;
  /** Frames left out. */
  readonly dropped: number;
  /** Packets. */
  readonly packets: number;
  /** Packets sent again. */
  readonly repeated: number;
}

/** What a {@link WebRtcSession} is made of. */
export interface SessionOptions {
  readonly frames: FrameSource;
  readonly endpoint: IceEndpoint;
  /** Shared by all sessions of the server. */
  readonly packets: { readonly video: SharedPackets; readonly audio: SharedPackets };
  readonly camera: string;
  /** One of H.264. */
  readonly rendition: Rendition;
  /** That of Opus, if the offer has a place for it. It has a Viewer only while the client is there. */
  readonly audio: Rendition | null;
  readonly offer: Offer | OwnOffer;
  readonly onEnd: (summary: SessionSummary) => void;
}

/** One viewer over WebRTC: a camera's video to one peer, and its sound if that was offered a place. */
export class WebRtcSession {
  /** Names it; nobody can guess it. */
  readonly id = randomBytes(18).toString('base64url');
  /** Names its state of ICE, which never changes. */
  readonly etag = `"${randomBytes(6).toString('hex')}"`;
  readonly camera: string;
  /** Resolves when pictures can be sent; never if it does not come to that. */
  readonly connected: Promise<void>;
  /** Resolves when it is over. */
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
  readonly #timer: NodeJS.Timeout;
  /** What the client knows the sender and its stream by. */
  readonly #cname = `porthole-${randomBytes(6).toString('hex')}`;
  #answer = '';
  #ufrag = '';
  #candidates: number;
  #isConnected = false;
  /** Ends the present subscription to the pictures. */
  #unsubscribe: () => void;
  /** The same of the sound. */
  #endAudio: () => void = () => undefined;
  #isClosed = false;

  private constructor(options: SessionOptions, place: SessionPlace) {
    const { frames, endpoint, packets, camera, rendition, offer } = options;
    this.#options = options;
    this.#place = place;
    this.camera = camera;
    const [connected, closed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    this.connected = connected.promise;
    this.#resolveConnected = connected.resolve;
    this.closed = closed.promise;
    this.#resolveClosed = closed.resolve;
    // Already now, so that the camera opens and the encoder starts while ICE and DTLS are under way.
    const warming = new Warming(() => this.close('the camera is gone'));
    this.#unsubscribe = frames.subscribe(camera, rendition, warming);
    try {
      const video = videoTrack(offer, warming.profile);
      this.#tracks = offer.audio === null ? [video] : [video, audioTrack(offer.audio)];
      this.#peer = new Peer(
        endpoint.library,
        { config: place.config, remote: offer.transport, tracks: this.#tracks },
        {
          connected: () => this.#begin(),
          feedback: (track, rtcp) => (track === video ? this.#video : this.#audio)?.takeFeedback(rtcp),
          gone: (why) => this.close(why),
        },
      );
    } catch (error) {
      this.#unsubscribe();
      throw error;
    }
    this.#candidates = offer.transport?.candidates.length ?? 0;
    const [video, audio] = this.#tracks as [AnsweredTrack, AnsweredTrack?];
    const epoch = toWallClock(0);
    this.#stream = this.#open(video, { clockRate: videoRate, epoch });
    this.#video = new VideoSender({
      stream: this.#stream,
      packets: packets.video,
      beginAnew: () => this.#beginAnew(),
      onEnd: (why) => this.close(why),
    });
    const ticks = new EvenTicks(audioRate, samplesOf.opus);
    this.#audio =
      audio === undefined
        ? null
        : new AudioSender(this.#open(audio, { clockRate: audioRate, epoch, ticks }), packets.audio);
    this.#timer = setTimeout(() => this.close('it did not come about in time'), connectLimit);
  }

  /**
   * Opens a session for an offer, and finds the answer to it.
   *
   * @throws {PortholeError} `offer_without_h264`, `webrtc_full`, or `webrtc_not_now`.
   */
  static async open(options: SessionOptions): Promise<WebRtcSession> {
    const session = await WebRtcSession.#placed(options);
    try {
      const local = await session.#peer.localTransport();
      session.#ufrag = local.ufrag;
      const transport = { ...local, candidates: await options.endpoint.reach(local) };
      const number = String(randomInt(2 ** 47));
      session.#answer = writeAnswer(options.offer, {
        number,
        transport,
        tracks: session.#tracks,
        cname: session.#cname,
      });
      if (session.#isClosed) throw new PortholeError('webrtc_not_now', { detail: 'closed while it was opened' });
      return session;
    } catch (error) {
      session.close('it could not be opened');
      throw error;
    }
  }

  static async #placed(options: SessionOptions): Promise<WebRtcSession> {
    const place = await options.endpoint.claim();
    try {
      return new WebRtcSession(options, place);
    } catch (error) {
      place.release();
      throw error;
    }
  }

  /** The description for the client: the answer, or the offer. */
  get answer(): string {
    return this.#answer;
  }

  /** True once pictures can be sent. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /**
   * Takes candidates that the client sends later (RFC 8840).
   *
   * @throws {PortholeError} `invalid_input` for what is no fragment, `webrtc_no_restart` for another start of ICE.
   */
  addCandidates(fragment: string): void {
    const { attributes, sections } = parseFragment(fragment);
    const all = [...attributes, ...sections.flatMap((section) => section.attributes)];
    const ufrag = attributeOf(all, 'ice-ufrag');
    if (ufrag !== undefined && ufrag !== this.#options.offer.transport?.ufrag) {
      throw new PortholeError('webrtc_no_restart');
    }
    for (const value of attributesOf(all, 'candidate')) this.#add(readCandidate(`candidate:${value}`));
  }

  /**
   * Takes the client's answer to an offer of ours.
   *
   * @throws {PortholeError} `invalid_input` for what is none, and for a second one; `offer_without_h264`
   */
  accept(answer: string): void {
    const remote = readAnswer(answer);
    if (this.#peer.isAnswered) throw badSdp('this session has had its answer');
    this.#peer.accept(remote);
  }

  /** Ends it. Idempotent. */
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

  #add(candidate: Candidate | null): void {
    if (candidate === null || this.#candidates >= mostCandidates) return;
    this.#candidates += 1;
    this.#peer.addCandidate(candidate);
  }

  #open(track: AnsweredTrack, times: Pick<RtpStreamOptions, 'clockRate' | 'epoch' | 'ticks'>): RtpStream {
    return new RtpStream({
      ...times,
      ssrc: track.ssrc,
      cname: this.#cname,
      payloadType: track.payloadType,
      captureId: track.extensions[0]?.number ?? 0,
      send: (packet) => this.#peer.send(track, packet),
    });
  }

  /** Pictures can be sent: subscribes anew, so that the first one is a keyframe and comes at once. */
  #begin(): void {
    if (this.#isConnected || this.#isClosed) return;
    this.#isConnected = true;
    clearTimeout(this.#timer);
    const { frames, camera, audio: audio } = this.#options;
    this.#beginAnew();
    if (this.#audio !== null && audio !== null) this.#endAudio = frames.subscribe(camera, audio, this.#audio);
    this.#resolveConnected();
  }

  /**
   * Gives the viewer what a new one is given, by being one. The old place is left after the new one is taken, so that the
   * encoder runs on.
   */
  #beginAnew(): void {
    const { frames, camera, rendition } = this.#options;
    const endLast = this.#unsubscribe;
    const video = this.#video;
    this.#unsubscribe = frames.subscribe(camera, rendition, {
      offer: (frame) => video.offer(frame),
      offerGop: (group) => video.offerGop(group),
      tick: (now) => video.tick(now),
      end: () => video.end(),
    });
    endLast();
  }
}

/** Stands for the viewer until it is there, and sees what kind of stream comes. */
class Warming {
  #profile: StreamProfile = constrainedBaseline;
  readonly #onEnd: () => void;

  /** @param onEnd called when the camera is gone for good */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  get profile(): StreamProfile {
    return this.#profile;
  }

  offer(frame: Frame): void {
    const sets = frame.keyframe ? parameterSetsOf(nalUnits(frame.bytes)) : null;
    const facts = sets === null ? null : readSequence(sets.sps);
    if (facts !== null) this.#profile = facts;
  }

  end(): void {
    this.#onEnd();
  }
}
