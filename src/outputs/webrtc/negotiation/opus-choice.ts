import { payloadTypesOf } from './payload-types.ts';
import type { MediaSection } from '../../../formats/sdp/sdp.ts';

/** Opus has one name for all that it can be (RFC 7587, section 7). */
export const opusCodec = 'opus/48000/2';

/** What a client is told of the sound: it has two channels, see `soundChannels`. */
export const opusParameters = 'sprop-stereo=1';

/** The payload type of Opus that a client offers first; null when it offers none. */
export function chooseOpus(audio: MediaSection): number | null {
  return payloadTypesOf(audio, opusCodec)[0]?.payloadType ?? null;
}
