import { PortholeError } from '../../../domain/errors.ts';
import { payloadTypesOf } from './payload-types.ts';
import { attributesOf, type MediaSection } from '../../../formats/sdp/sdp.ts';

/** An H.264 payload type that a client offers. */
export interface H264Format {
  readonly payloadType: number;
  /** Its format parameters, as the client wrote them. */
  readonly parameters: string;
  /** `profile_idc`, and the byte of constraint flags behind it, see `SequenceFacts`. */
  readonly profile: number;
  readonly constraints: number;
}

/** The profile of a stream, from its sequence parameter set. */
export interface StreamProfile {
  readonly profile: number;
  readonly constraints: number;
}

/** What Porthole encodes (docs/decisions/014-one-h264-for-all.md). */
export const constrainedBaseline: StreamProfile = { profile: 66, constraints: 0xe0 };

/**
 * Chooses a payload type for a stream, among those of packetization mode 1 (RFC 6184): one of the stream's profile;
 * else one whose decoders can play it; else the first one, since most decoders ignore the negotiated profile.
 *
 * @throws {PortholeError} `offer_without_h264`
 */
export function chooseH264(video: MediaSection, stream: StreamProfile): H264Format {
  const offered = h264Formats(video);
  const needed = profileRank(stream);
  const rank = (format: H264Format): number => {
    const has = profileRank(format);
    return needed === 0 || has < needed ? 0 : has === needed ? 2 : 1;
  };
  const best = offered.toSorted((a, b) => rank(b) - rank(a))[0];
  if (best === undefined) throw new PortholeError('offer_without_h264');
  return best;
}

/** The H.264 payload types of packetization mode 1, in the client's order. */
function h264Formats(video: MediaSection): readonly H264Format[] {
  return payloadTypesOf(video, 'h264/90000').flatMap(({ payloadType, parameters }) => {
    if (parameter(parameters, 'packetization-mode') !== '1') return [];
    const [, profile = '42', constraints = '00'] =
      /^([0-9a-f]{2})([0-9a-f]{2})[0-9a-f]{2}$/i.exec(parameter(parameters, 'profile-level-id') ?? '') ?? [];
    if (!/^[\w=;,.\- /+]{1,200}$/.test(parameters)) return [];
    return [
      {
        payloadType,
        parameters,
        profile: Number.parseInt(profile, 16),
        constraints: Number.parseInt(constraints, 16),
      },
    ];
  });
}

function parameter(text: string, name: string): string | undefined {
  const found = text.split(';').find((each) => each.trim().toLowerCase().startsWith(`${name}=`));
  return found?.split('=')[1]?.trim();
}

/**
 * Orders the profiles (RFC 6184, table 5): a decoder of one can play those below it, except for tools of Baseline that
 * no encoder uses. The numbers are those of h264-profile-level-id, which a test compares them with.
 *
 * @returns 0 for any other profile
 */
export function profileRank({ profile, constraints }: StreamProfile): number {
  const [set0, set1, set4and5] = [constraints & 0x80, constraints & 0x40, (constraints & 0x0c) === 0x0c];
  switch (profile) {
    case 66:
      return set1 ? 1 : 2; // Constrained Baseline, Baseline
    case 77:
      return set0 ? 1 : 3; // Constrained Baseline, Main
    case 88:
      return set0 === 0 ? 0 : set1 ? 1 : 2; // Extended, within the limits of Constrained Baseline or Baseline
    case 100:
      return set4and5 ? 4 : 5; // Constrained High, High
    case 244:
      return 6; // High 4:4:4 Predictive
    default:
      return 0;
  }
}

/** The kinds of feedback that a client offers for a payload type and that we support (RFC 4585, RFC 5104). */
export function feedbackFor({ attributes }: MediaSection, payloadType: number): readonly string[] {
  const offered = attributesOf(attributes, 'rtcp-fb').map((value) => value.trim().split(/ (.*)/, 2));
  const has = (kind: string): boolean =>
    offered.some(([to, what]) => (to === '*' || to === String(payloadType)) && what === kind);
  return ['nack', 'nack pli', 'ccm fir'].filter(has);
}

/** The client's id of a header extension (RFC 8285); 0 if it isn't offered, or needs a two-byte header. */
export function extensionNumber({ attributes }: MediaSection, uri: string): number {
  for (const value of attributesOf(attributes, 'extmap')) {
    const [, number, name] = /^(\d{1,2})(?:\/\w+)? (\S+)/.exec(value) ?? [];
    if (name === uri && Number(number) >= 1 && Number(number) <= 14) return Number(number);
  }
  return 0;
}
