import { randomInt } from 'node:crypto';
import type { AnsweredTrack } from './negotiation/answer.ts';
import { chooseH264, extensionNumber, feedbackFor, type StreamProfile } from './negotiation/h264-choice.ts';
import type { Offer, OfferedAudio } from './negotiation/offer.ts';
import { opusCodec, opusParameters } from './negotiation/opus-choice.ts';
import { captureTimeUri } from '../../formats/rtp/rtp-packet.ts';
import type { MediaSection } from '../../formats/sdp/sdp.ts';

/**
 * The video track of an answer.
 *
 * @throws {PortholeError} `offer_without_h264`
 */
export function videoTrack({ video: section }: Pick<Offer, 'video'>, profile: StreamProfile): AnsweredTrack {
  const { payloadType, parameters } = chooseH264(section, profile);
  const feedback = feedbackFor(section, payloadType);
  return { ...common(section), payloadType, codec: 'H264/90000', parameters, feedback };
}

/** The audio track of an answer. */
export function audioTrack({ section, payloadType }: OfferedAudio): AnsweredTrack {
  const feedback = feedbackFor(section, payloadType).filter((kind) => kind === 'nack');
  return { ...common(section), payloadType, codec: opusCodec, parameters: opusParameters, feedback };
}

function common(section: MediaSection): Pick<AnsweredTrack, 'section' | 'extensions' | 'ssrc'> {
  const number = extensionNumber(section, captureTimeUri);
  const extensions = number === 0 ? [] : [{ number, uri: captureTimeUri }];
  return { section, extensions, ssrc: randomInt(1, 2 ** 32) };
}
