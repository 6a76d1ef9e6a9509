import { PortholeError } from '../../../domain/errors.ts';
import { isSecureRtp, type Offer, readTransport, receives, type RemoteTransport } from './offer.ts';
import { attributeOf, badSdp, type MediaSection, parseDescription } from '../../../formats/sdp/sdp.ts';

/** An offer that we make, for clients that answer one. Nothing is known of the client yet. */
export interface OwnOffer extends Pick<Offer, 'description' | 'video' | 'audio'> {
  readonly transport: null;
}

/** The payload type of H.264, the same as camera-streamer's. */
const payloadType = '102';

/** Names the profile that we encode. Decoders play other profiles anyway. */
const description = parseDescription(
  [
    'v=0',
    'a=group:BUNDLE 0',
    `m=video 9 UDP/TLS/RTP/SAVPF ${payloadType}`,
    'a=mid:0',
    `a=rtpmap:${payloadType} H264/90000`,
    `a=fmtp:${payloadType} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f`,
    ...['nack', 'nack pli', 'ccm fir'].map((kind) => `a=rtcp-fb:${payloadType} ${kind}`),
  ].join('\n'),
);

/** The offer for every such client: video only. */
export const ownOffer: OwnOffer = {
  description,
  video: description.sections[0] as MediaSection,
  audio: null,
  transport: null,
};

/**
 * Reads a client's answer to our offer.
 *
 * @throws {PortholeError} `invalid_input` if it doesn't answer our offer, `offer_without_h264` if it rejects H.264.
 */
export function readAnswer(sdp: string): RemoteTransport {
  const answer = parseDescription(sdp);
  const [video] = answer.sections;
  if (answer.sections.length !== 1 || video?.kind !== 'video' || video.mid !== ownOffer.video.mid) {
    throw badSdp('it is no answer to the offer, which has one section for video');
  }
  if (!receives(video)) throw badSdp('its video is not to be received: write a=recvonly');
  if (!isSecureRtp(video)) throw badSdp('its video is not UDP/TLS/RTP/SAVPF');
  if (attributeOf(video.attributes, 'rtcp-mux') === undefined) throw badSdp('its video needs a=rtcp-mux');
  if (!video.formats.includes(payloadType)) throw new PortholeError('offer_without_h264');
  const transport = readTransport(answer, video);
  if (transport.setup === 'actpass') throw badSdp('an answer has a=setup:active or a=setup:passive');
  return transport;
}
