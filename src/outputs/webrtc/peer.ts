import type { PeerConnection, RtcConfig, Track } from 'node-datachannel';
import { PortholeError } from '../../domain/errors.ts';
import type { AnsweredTrack, LocalTransport } from './negotiation/answer.ts';
import { type Candidate, readCandidate, writeCandidate } from '../../formats/sdp/candidate.ts';
import type { Library } from './library.ts';
import type { RemoteTransport } from './negotiation/offer.ts';
import { attributeOf, attributesOf, parseDescription } from '../../formats/sdp/sdp.ts';

/** Servers for STUN and TURN are waited for so long, in milliseconds: whoever needs them is rare. */
const gatheringLimit = 1_500;

/** What a {@link Peer} tells. */
export interface PeerEvents {
  /** Media can be sent. */
  connected(): void;
  /** RTCP has come for a track. */
  feedback(track: AnsweredTrack, rtcp: Buffer): void;
  /** It is over: the other side has ended it, or cannot be reached any more. */
  gone(why: string): void;
}

/** What a {@link Peer} is made of. */
export interface PeerOptions {
  readonly config: RtcConfig;
  /** Null for a client that is made an offer, until it answers. */
  readonly remote: RemoteTransport | null;
  readonly tracks: readonly AnsweredTrack[];
}

/** The name of a section between us and the library, which never sees the client's own description. */
function midOf(place: number): string {
  return String(place);
}

/** One connection of the library: ICE, DTLS and SRTP. What it carries is made and read elsewhere. */
export class Peer {
  readonly #connection: PeerConnection;
  readonly #tracks = new Map<AnsweredTrack, Track>();
  readonly #events: PeerEvents;
  /** What came before the client's answer; null once that is here. */
  #early: Candidate[] | null;
  #closed = false;

  constructor(library: Library, { config, remote, tracks }: PeerOptions, events: PeerEvents) {
    this.#events = events;
    this.#early = remote === null ? [] : null;
    this.#connection = new library.PeerConnection('viewer', { ...config, disableAutoNegotiation: true });
    this.#connection.onStateChange((state) => this.#heed(() => this.#noteState(state)));
    try {
      if (remote !== null) this.#connection.setRemoteDescription(describeClient(remote, tracks), 'offer');
      for (const [place, track] of tracks.entries()) this.#add(library, track, midOf(place));
      this.#connection.setLocalDescription(remote === null ? 'offer' : 'answer');
    } catch (cause) {
      this.close();
      throw new PortholeError('webrtc_not_now', { cause, detail: String(cause) });
    }
    for (const candidate of remote?.candidates ?? []) this.addCandidate(candidate);
  }

  /** False while an offer of ours waits for its answer. */
  get isAnswered(): boolean {
    return this.#early === null;
  }

  /** The client's answer to it has come. */
  accept(remote: RemoteTransport): void {
    if (this.#closed) return;
    try {
      this.#connection.setRemoteDescription(describeClient(remote, [...this.#tracks.keys()]), 'answer');
    } catch (cause) {
      throw new PortholeError('webrtc_not_now', { cause, detail: String(cause) });
    }
    const early = this.#early ?? [];
    this.#early = null;
    for (const candidate of [...early, ...remote.candidates]) this.addCandidate(candidate);
  }

  /** How we can be reached, as soon as that is known. */
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

  /** Sends one packet of RTP or RTCP, encrypted. @returns false if the system did not take it. */
  send(track: AnsweredTrack, packet: Buffer): boolean {
    if (this.#closed) return false;
    try {
      return this.#tracks.get(track)?.sendMessageBinary(packet) ?? false;
    } catch {
      // It has just ended; `gone` follows.
      return false;
    }
  }

  /** The client can be reached there as well. Those of TCP call us. */
  addCandidate(candidate: Candidate): void {
    if (this.#closed || candidate.protocol !== 'udp') return;
    if (this.#early !== null) {
      this.#early.push(candidate);
      return;
    }
    try {
      this.#connection.addRemoteCandidate(writeCandidate(candidate), midOf(0));
    } catch {
      // One that the library does not want is no loss: the client calls us.
    }
  }

  /** Ends it, and tells the other side. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // The connection forgets its own callbacks when it closes, but not those of its tracks, which lead back here.
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
    added.onMessage((rtcp) => this.#heed(() => this.#events.feedback(track, rtcp)));
    added.onOpen(() => this.#heed(() => this.#open(track)));
    // The library forgets a track by itself only if it has this callback.
    added.onClosed(() => undefined);
    this.#tracks.set(track, added);
  }

  /** All tracks are one connection, so that they open together: the first one tells it. */
  #open(track: AnsweredTrack): void {
    const [first] = this.#tracks.keys();
    if (track === first) this.#events.connected();
  }

  /** Does what the library calls for; an error must not get back to it, since it would end the process. */
  #heed(work: () => void): void {
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
 * The client's offer or answer as the library is told it: with nothing in it but what was read and found right. So the
 * library never reads what a stranger wrote.
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
