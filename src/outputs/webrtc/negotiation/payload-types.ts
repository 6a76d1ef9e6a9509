import { attributesOf, type MediaSection } from '../../../formats/sdp/sdp.ts';

/** A payload type that a client offers for a codec. */
export interface PayloadType {
  readonly payloadType: number;
  /** Its format parameters, as the client wrote them; may be empty. */
  readonly parameters: string;
}

/**
 * The payload types of a codec, in the client's order and without duplicates. Numbers that conflict with RTCP are left
 * out (RFC 5761, section 4).
 *
 * @param codec in lower case, such as `h264/90000`
 */
export function payloadTypesOf({ formats, attributes }: MediaSection, codec: string): readonly PayloadType[] {
  // Index the maps and skip duplicates: an untrusted offer may have thousands of either.
  const maps = new Set(attributesOf(attributes, 'rtpmap').map((map) => map.toLowerCase().trim()));
  const parameters = attributesOf(attributes, 'fmtp');
  return [...new Set(formats)].flatMap((format) => {
    const payloadType = /^\d{1,3}$/.test(format) ? Number(format) : Number.NaN;
    if (!(payloadType >= 0 && payloadType < 128) || (payloadType >= 64 && payloadType < 96)) return [];
    if (!maps.has(`${format} ${codec}`)) return [];
    const text = parameters.find((each) => each.startsWith(`${format} `))?.slice(format.length + 1) ?? '';
    return [{ payloadType, parameters: text.trim() }];
  });
}
