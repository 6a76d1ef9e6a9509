import { PortholeError } from '../../../domain/errors.ts';
import { type Candidate, readCandidate } from '../../../formats/sdp/candidate.ts';
import { chooseOpus } from './opus-choice.ts';
import {
  attributeOf,
  attributesOf,
  badSdp,
  bundleOf,
  type Description,
  type MediaSection,
  parseDescription,
} from '../../../formats/sdp/sdp.ts';

/** Lengths of certificate fingerprints by hash function, in bytes (RFC 8122, section 5). */
const fingerprintLengths: Readonly<Record<string, number>> = {
  'sha-1': 20,
  'sha-224': 28,
  'sha-256': 32,
  'sha-384': 48,
  'sha-512': 64,
};
/** The most candidates to take from one client. */
const mostCandidates = 64;

/** The client's side of a connection: ICE and DTLS parameters. */
export interface RemoteTransport {
  readonly ufrag: string;
  readonly password: string;
  /** Such as `sha-256 12:AB:…`. */
  readonly fingerprint: string;
  /** Which side opens DTLS (RFC 4145). */
  readonly setup: 'actpass' | 'active' | 'passive';
  readonly candidates: readonly Candidate[];
}

/** A section for audio, over the same connection as the video. */
export interface OfferedAudio {
  readonly section: MediaSection;
  /** The payload type of Opus. */
  readonly payloadType: number;
}

/** A client's offer to watch. */
export interface Offer {
  readonly description: Description;
  /** The section for video. */
  readonly video: MediaSection;
  /** The section for audio; null if the client or the camera has none. */
  readonly audio: OfferedAudio | null;
  readonly transport: RemoteTransport;
}

/**
 * Reads the offer of a WHEP client (RFC 9429).
 *
 * @param hasAudio true if the camera has audio
 * @throws {PortholeError} `invalid_input` if the offer can't be answered, `offer_without_h264` if it has no video.
 */
export function readOffer(sdp: string, hasAudio: boolean): Offer {
  const description = parseDescription(sdp);
  const videos = description.sections.filter(({ kind }) => kind === 'video');
  if (videos.length === 0) throw new PortholeError('offer_without_h264', { message: 'The offer asks for no video.' });
  const video = videos.find(receives);
  if (video === undefined) throw badSdp('its video is not to be received: write a=recvonly');
  if (!isSecureRtp(video)) throw badSdp('its video is not UDP/TLS/RTP/SAVPF');
  if (attributeOf(video.attributes, 'rtcp-mux') === undefined) throw badSdp('its video needs a=rtcp-mux');
  const audio = hasAudio ? findAudio(description, video) : null;
  // Bundled sections share the transport of the first one (RFC 9143, section 7.3).
  const first = description.sections.find((section) => section === video || section === audio?.section) ?? video;
  return { description, video, audio, transport: readTransport(description, first) };
}

function findAudio(description: Description, video: MediaSection): OfferedAudio | null {
  const bundle = bundleOf(description, video.mid);
  for (const section of description.sections) {
    const { kind, mid, attributes } = section;
    if (kind !== 'audio' || !bundle.includes(mid) || !receives(section) || !isSecureRtp(section)) continue;
    const payloadType = attributeOf(attributes, 'rtcp-mux') === undefined ? null : chooseOpus(section);
    if (payloadType !== null) return { section, payloadType };
  }
  return null;
}

/** True for a section that uses DTLS-SRTP, as WebRTC requires. */
export function isSecureRtp({ protocol }: MediaSection): boolean {
  return /^(UDP|TCP)\/TLS\/RTP\/SAVPF?$/.test(protocol);
}

/** True for a section in which the client receives. */
export function receives({ attributes }: MediaSection): boolean {
  const has = (name: string): boolean => attributeOf(attributes, name) !== undefined;
  return !has('sendonly') && !has('inactive');
}

/** Reads the client's ICE and DTLS parameters from a section. @throws {PortholeError} `invalid_input` */
export function readTransport(description: Description, section: MediaSection): RemoteTransport {
  const of = (name: string): string | undefined =>
    attributeOf(section.attributes, name) ?? attributeOf(description.attributes, name);
  const candidates = attributesOf(section.attributes, 'candidate').map((value) => readCandidate(`candidate:${value}`));
  return {
    ...readCredentials(of('ice-ufrag'), of('ice-pwd')),
    fingerprint: readFingerprint(of('fingerprint')),
    setup: readSetup(of('setup')),
    candidates: candidates.filter((candidate) => candidate !== null).slice(0, mostCandidates),
  };
}

/** ICE credentials (RFC 8839, section 5.4); some clients use characters that the RFC doesn't allow. */
export function readCredentials(
  ufrag: string | undefined,
  password: string | undefined,
): Pick<RemoteTransport, 'ufrag' | 'password'> {
  if (ufrag === undefined || !/^[\w+/=-]{4,200}$/.test(ufrag)) throw badSdp('a=ice-ufrag is missing or not right');
  if (password === undefined || !/^[\w+/=-]{22,200}$/.test(password)) {
    throw badSdp('a=ice-pwd is missing or not right');
  }
  return { ufrag, password };
}

function readFingerprint(text: string | undefined): string {
  const [algorithm = '', value = ''] = text?.trim().split(/\s+/) ?? [];
  const length = fingerprintLengths[algorithm.toLowerCase()];
  const isRight = /^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})*$/.test(value) && value.length === (length ?? 0) * 3 - 1;
  if (!isRight) throw badSdp('a=fingerprint is missing or not right');
  return `${algorithm.toLowerCase()} ${value.toUpperCase()}`;
}

function readSetup(text = 'actpass'): RemoteTransport['setup'] {
  if (text === 'actpass' || text === 'active' || text === 'passive') return text;
  throw badSdp('a=setup is not right');
}
