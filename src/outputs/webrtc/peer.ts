import type { PeerConnection, RtcConfig, Track } from 'node-datachannel';
import { PortholeError } from '../../domain/errors.ts';
import type { AnsweredTrack, LocalTransport } from './negotiation/answer.ts';
import { type Candidate, readCandidate, writeCandidate } from '../../formats/sdp/candidate.ts';
import type { Library } from './library.ts';
import type { RemoteTransport } from './negotiation/offer.ts';
import { attributeOf, attributesOf, parseDescription } from '../../formats/sdp/sdp.ts';

/** How long to wait for candidates of STUN and TURN servers, in milliseconds: few clients need them. */
const gatheringLimit = 1_500;

/** Events of a {@link Peer}. */
export interface PeerEvents {
  /** Media can be sent. */
  connected(): void;
  /** RTCP arrived for a track. */
  feedback(track: AnsweredTrack, rtcp: Buffer): void;
  /** The client has closed the connection, or can't be reached. */
  gone(why: string): void;
}

/** Options of {@link Peer}. */
export interface PeerOptions {
  readonly config: RtcConfig;
  /** Null if we make the offer: the client's answer brings it. Its candidates are added later. */
  readonly remote: RemoteTransport | null;
  readonly tracks: readonly AnsweredTrack[];
}

/** The mid of a section in descriptions for the library, which never sees the client's own description. */
function midOf(place: number): string {
  return String(place);
}

/**
 * One connection of the library, which does ICE, DTLS and SRTP. RTP and RTCP packets are written and read elsewhere.
 */
export class Peer {
  readonly #connection: PeerConnection;
  readonly #tracks = new Map<AnsweredTrack, Track>();
  readonly #events: PeerEvents;
  /** Candidates that came before the client's answer; null once that is here. */
  #early: Candidate[] | null;
  #closed = false;

  private constructor(connection: PeerConnection, isAnswered: boolean, events: PeerEvents) {
    this.#connection = connection;
    this.#early = isAnswered ? null : [];
    this.#events = events;
  }

  /**
   * Opens a connection: it gathers candidates, and connects once both sides have described themselves.
   *
   * @param events called from the event loop, never before this returns
   * @throws {PortholeError} `webrtc_not_now` if the library refuses.
   */
  static open(library: Library, { config, remote, tracks }: PeerOptions, events: PeerEvents): Peer {
    const connection = new library.PeerConnection('viewer', { ...config, disableAutoNegotiation: true });
    const peer = new Peer(connection, remote !== null, events);
    connection.onStateChange((state) => peer.#guard(() => peer.#noteState(state)));
    try {
      if (remote !== null) connection.setRemoteDescription(describeClient(remote, tracks), 'offer');
      for (const [place, track] of tracks.entries()) peer.#add(library, track, midOf(place));
      connection.setLocalDescription(remote === null ? 'offer' : 'answer');
    } catch (cause) {
      peer.close();
      throw new PortholeError('webrtc_not_now', { cause, detail: String(cause) });
    }
    return peer;
  }

  /** False while our offer waits for its answer. */
  get isAnswered(): boolean {
    return this.#early === null;
  }

  /** Accepts the client's answer to our offer, but for its candidates: see {@link addCandidate}. */
  accept(remote: RemoteTransport): void {
    if (this.#closed) return;
    try {
      this.#connection.setRemoteDescription(describeClient(remote, [...this.#tracks.keys()]), 'answer');
    } catch (cause) {
      throw new PortholeError('webrtc_not_now', { cause, detail: String(cause) });
    }
    const early = this.#early ?? [];
    this.#early = null;
    for (const candidate of early) this.addCandidate(candidate);
  }

  /** Our side of the connection, once candidates are gathered. */
  async localTransport(): Promise<LocalTransport> {
    await this.#untilGathered();
    const description = this.#closed ? null : this.#connection.localDescription();
    if (description === null) throw new PortholeError('webrtc_not_now', { detail: 'closed while it was opened' });
    const { attributes, sections } = parseDescription(description.sdp);
    const own = [...(sections[0]?.attributes ?? []), ...attributes];
    const [ufrag, password, fingerprint, setup] = ['ice-ufrag', 'ice-pwd', 'fingerprint', 'setup'].map(
      (name) => attributeOf(own, name) ?? '',
    ) as [string, string, string, string];
    const candidates = attributesOf(own, 'candidate').map((value) => readCandidate(`candidate:${value}`));
    return {
      ufrag,
      password,
      fingerprint,
      setup: setup === 'passive' || setup === 'actpass' ? setup : 'active',
      candidates: candidates.filter((candidate) => candidate !== null),
    };
  }

  /** Encrypts and sends one RTP or RTCP packet, which the library copies. @returns false if the kernel refused it. */
  send(track: AnsweredTrack, packet: Buffer): boolean {
    if (this.#closed) return false;
    try {
      return this.#tracks.get(track)?.sendMessageBinary(packet) ?? false;
    } catch {
      // The connection has just closed; `gone` follows.
      return false;
    }
  }

  /** Adds an address of the client, over UDP. From now on it gets connectivity checks. */
  addCandidate(candidate: Candidate): void {
    if (this.#closed) return;
    if (this.#early !== null) {
      this.#early.push(candidate);
      return;
    }
    try {
      this.#connection.addRemoteCandidate(writeCandidate(candidate), midOf(0));
    } catch {
      // A candidate that the library refuses is no loss: the client also connects to ours.
    }
  }

  /** Closes the connection, and tells the client. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // A closed connection releases its own callbacks, but not those of its tracks, which reference this object.
    for (const track of this.#tracks.values()) track.close();
    this.#connection.close();
  }

  #add(library: Library, track: AnsweredTrack, mid: string): void {
    const { section, payloadType, codec, parameters, ssrc } = track;
    const media = section.kind === 'audio' ? new library.Audio(mid, 'SendOnly') : new library.Video(mid, 'SendOnly');
    const [name = ''] = codec.split('/');
    if (media instanceof library.Video) media.addVideoCodec(payloadType, name, parameters);
    else media.addAudioCodec(payloadType, name, parameters);
    media.addSSRC(ssrc);
    const added = this.#connection.addTrack(media);
    added.onMessage((rtcp) => this.#guard(() => this.#events.feedback(track, rtcp)));
    added.onOpen(() => this.#guard(() => this.#open(track)));
    // The library releases a track only if it has this callback.
    added.onClosed(() => undefined);
    this.#tracks.set(track, added);
  }

  /** All tracks share the connection and open together, so the first one is enough. */
  #open(track: AnsweredTrack): void {
    const [first] = this.#tracks.keys();
    if (track === first) this.#events.connected();
  }

  /** Runs a callback of the library. An exception must not reach the library: it would end the process. */
  #guard(work: () => void): void {
    if (this.#closed) return;
    try {
      work();
    } catch (error) {
      this.#end(`it failed: ${String(error)}`);
    }
  }

  #noteState(state: string): void {
    if (state === 'failed') this.#end('the viewer cannot be reached');
    else if (state === 'closed') this.#end('the viewer left');
  }

  #end(why: string): void {
    this.close();
    this.#events.gone(why);
  }

  async #untilGathered(): Promise<void> {
    if (this.#connection.gatheringState() === 'complete') return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(resolve, gatheringLimit, undefined);
    this.#connection.onGatheringStateChange((state) => {
      if (state === 'complete') resolve(undefined);
    });
    await promise;
    clearTimeout(timer);
  }
}

/**
 * Writes the client's offer or answer for the library, from validated values alone, so that the library never parses
 * untrusted text.
 */
function describeClient(remote: RemoteTransport, tracks: readonly AnsweredTrack[]): string {
  const { ufrag, password, fingerprint, setup } = remote;
  const sections = tracks.flatMap(({ section, payloadType, codec, parameters }, place) => [
    `m=${section.kind === 'audio' ? 'audio' : 'video'} 9 UDP/TLS/RTP/SAVPF ${payloadType}`,
    'c=IN IP4 0.0.0.0',
    `a=mid:${midOf(place)}`,
    'a=recvonly',
    'a=rtcp-mux',
    `a=rtpmap:${payloadType} ${codec}`,
    ...(parameters === '' ? [] : [`a=fmtp:${payloadType} ${parameters}`]),
  ]);
  const lines = [
    'v=0',
    'o=- 0 0 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${tracks.map((_, place) => midOf(place)).join(' ')}`,
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${password}`,
    `a=fingerprint:${fingerprint}`,
    `a=setup:${setup}`,
    ...sections,
  ];
  return lines.map((line) => `${line}\r\n`).join('');
}
