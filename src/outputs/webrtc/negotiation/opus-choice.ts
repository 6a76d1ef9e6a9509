import { payloadTypesOf } from './payload-types.ts';
import type { MediaSection } from '../../../formats/sdp/sdp.ts';

/** The `rtpmap` of Opus, the same for every rate and channel count (RFC 7587, section 7). */
export const opusCodec = 'opus/48000/2';

/** Format parameters: our Opus has two channels. */
export const opusParameters = 'sprop-stereo=1';

/** The first payload type of Opus that a client offers; null without one. */
export function chooseOpus(audio: MediaSection): number | null {
  return payloadTypesOf(audio, opusCodec)[0]?.payloadType ?? null;
}
