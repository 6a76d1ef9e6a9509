import { type Candidate, writeCandidate } from '../../../formats/sdp/candidate.ts';
import type { Offer } from './offer.ts';
import { bundleOf, type MediaSection } from '../../../formats/sdp/sdp.ts';

/** Our side of a connection: ICE and DTLS parameters. */
export interface LocalTransport {
  readonly ufrag: string;
  readonly password: string;
  readonly fingerprint: string;
  /** `actpass` in our offer. */
  readonly setup: 'active' | 'passive' | 'actpass';
  readonly candidates: readonly Candidate[];
}

/** A stream that we send in one of the offer's sections. */
export interface AnsweredTrack {
  readonly section: MediaSection;
  readonly payloadType: number;
  /** Such as `H264/90000`. */
  readonly codec: string;
  /** The codec's format parameters (`fmtp`); may be empty. */
  readonly parameters: string;
  /** RTCP feedback that the client may send, such as `nack pli`. */
  readonly feedback: readonly string[];
  /** Header extensions by their numbers. */
  readonly extensions: readonly { readonly number: number; readonly uri: string }[];
  readonly ssrc: number;
}

/** Contents of an answer. */
export interface AnswerFacts {
  /** The session id in the description: a number of up to 18 digits. */
  readonly number: string;
  readonly transport: LocalTransport;
  /** Sections without a track are rejected. */
  readonly tracks: readonly AnsweredTrack[];
  /** The canonical name of the sender and its media stream. */
  readonly cname: string;
}

/**
 * Writes the answer to an offer, with all candidates (RFC 9429, section 5.3). Our own offer has the same form, so it is
 * written as the answer to itself.
 */
export function writeAnswer(
  { description }: Pick<Offer, 'description'>,
  { number, transport, tracks, cname }: AnswerFacts,
): string {
  const sections = description.sections.filter((section) => tracks.some((track) => track.section === section));
  // A group that wasn't offered must not be in an answer (RFC 9143, section 7.3): strict clients refuse all of it then.
  const mids = sections.map(({ mid }) => mid).filter((mid) => bundleOf(description, mid).includes(mid));
  const lines = [
    'v=0',
    `o=- ${number} 1 IN IP4 127.0.0.1`,
    's=Porthole',
    't=0 0',
    ...(mids.length === 0 ? [] : [`a=group:BUNDLE ${mids.join(' ')}`]),
    `a=msid-semantic: WMS ${cname}`,
    'a=ice-options:trickle',
    ...description.sections.flatMap((section) => {
      const track = tracks.find((each) => each.section === section);
      return track === undefined ? refused(section) : accepted(track, section === sections[0], transport, cname);
    }),
  ];
  return lines.map((line) => `${line}\r\n`).join('');
}

/**
 * @param isFirst true for the section whose transport all others share: it has the candidates (RFC 9143, section 7.3)
 */
function accepted(track: AnsweredTrack, isFirst: boolean, transport: LocalTransport, cname: string): readonly string[] {
  const { section, payloadType, codec, parameters, feedback, extensions, ssrc } = track;
  const { ufrag, password, fingerprint, setup, candidates } = transport;
  return [
    `m=${section.kind} 9 ${section.protocol} ${payloadType}`,
    'c=IN IP4 0.0.0.0',
    ...named(section),
    'a=sendonly',
    'a=rtcp-mux',
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${password}`,
    `a=fingerprint:${fingerprint}`,
    `a=setup:${setup}`,
    ...extensions.map(({ number, uri }) => `a=extmap:${number} ${uri}`),
    `a=rtpmap:${payloadType} ${codec}`,
    ...(parameters === '' ? [] : [`a=fmtp:${payloadType} ${parameters}`]),
    ...feedback.map((kind) => `a=rtcp-fb:${payloadType} ${kind}`),
    `a=msid:${cname} ${cname}-${section.kind}`,
    `a=ssrc:${ssrc} cname:${cname}`,
    ...(isFirst ? [...candidates.map((candidate) => `a=${writeCandidate(candidate)}`), 'a=end-of-candidates'] : []),
  ];
}

/**
 * A rejected section. A format is required, but its value doesn't matter (RFC 3264, section 6). For RTP it is 0, as browsers
 * write it: PCMU's payload type is static, so it needs no `rtpmap`, and some clients reject payload types without one.
 */
function refused(section: MediaSection): readonly string[] {
  const { kind, protocol, formats } = section;
  const format = /\bRTP\b/.test(protocol) ? '0' : formats.join(' ');
  return [`m=${kind} 0 ${protocol} ${format}`, 'c=IN IP4 0.0.0.0', ...named(section), 'a=inactive'];
}

function named({ mid }: MediaSection): readonly string[] {
  return mid === '' ? [] : [`a=mid:${mid}`];
}
