import { PortholeError } from '../../../domain/errors.ts';
import { payloadTypesOf } from './payload-types.ts';
import { attributesOf, type MediaSection } from '../../../formats/sdp/sdp.ts';

/** A payload type of H.264 that a client offers. */
export interface H264Format {
  readonly payloadType: number;
  /** Its parameters as the client wrote them. */
  readonly parameters: string;
  /** `profile_idc`, and the flags behind it, see `SequenceFacts`. */
  readonly profile: number;
  readonly constraints: number;
}

/** What a stream's sequence parameter set says of its profile. */
export interface StreamProfile {
  readonly profile: number;
  readonly constraints: number;
}

/** What Porthole encodes (docs/decisions/014-one-h264-for-all.md). */
export const constrainedBaseline: StreamProfile = { profile: 66, constraints: 0xe0 };

/**
 * Chooses a payload type for a stream: of those with packets as Porthole makes them (packetization-mode 1, RFC 6184)
 * one of the stream's own profile; else one whose decoders can play it; else the first, since decoders go by the stream
 * and not by what was agreed.
 *
 * @throws {PortholeError} `offer_without_h264`
 */
export function chooseH264(video: MediaSection, stream: StreamProfile): H264Format {
  const offered = h264Formats(video);
  const rank = (format: H264Format): number => (sameProfile(format, stream) ? 2 : plays(format, stream) ? 1 : 0);
  const best = offered.toSorted((a, b) => rank(b) - rank(a))[0];
  if (best === undefined) throw new PortholeError('offer_without_h264');
  return best;
}

/** The payload types of H.264 in packetization mode 1, in the client's order. */
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

/** Profiles by what a decoder of them can play: each can play those before it, but for baseline's oddities. */
const reach: Readonly<Record<number, number>> = { 66: 1, 77: 2, 100: 3 };

function sameProfile(format: StreamProfile, stream: StreamProfile): boolean {
  return format.profile === stream.profile && isConstrained(format) === isConstrained(stream);
}

function plays(format: StreamProfile, stream: StreamProfile): boolean {
  return (reach[format.profile] ?? 0) >= (reach[stream.profile] ?? 4);
}

/** `constraint_set1_flag`: baseline without what main cannot do. */
function isConstrained({ profile, constraints }: StreamProfile): boolean {
  return profile === 66 && (constraints & 0x40) !== 0;
}

/** The kinds of feedback that a client offers for a payload type and that Porthole heeds (RFC 4585, RFC 5104). */
export function feedbackFor({ attributes }: MediaSection, payloadType: number): readonly string[] {
  const offered = attributesOf(attributes, 'rtcp-fb').map((value) => value.trim().split(/ (.*)/, 2));
  const has = (kind: string): boolean =>
    offered.some(([to, what]) => (to === '*' || to === String(payloadType)) && what === kind);
  return ['nack', 'nack pli', 'ccm fir'].filter(has);
}

/** The number that a client gives a header extension (RFC 8285); 0 if it does not know it, or beyond one byte. */
export function extensionNumber({ attributes }: MediaSection, uri: string): number {
  for (const value of attributesOf(attributes, 'extmap')) {
    const [, number, name] = /^(\d{1,2})(?:\/\w+)? (\S+)/.exec(value) ?? [];
    if (name === uri && Number(number) >= 1 && Number(number) <= 14) return Number(number);
  }
  return 0;
}
