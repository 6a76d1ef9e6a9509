import type { Codec } from './rendition.ts';

/** How sound is encoded: AAC-LC, which everything plays from MP4, or Opus, which WebRTC speaks. */
export type AudioCodec = 'aac' | 'opus';

/** Samples of each channel in a second; all encoded sound has the same. */
export const audioRate = 48_000;

/** Left and right; a source with one channel sounds on both. */
export const audioChannels = 2;

/** How many samples of each channel a Frame of sound holds: 21.3 ms of AAC, 20 ms of Opus. */
export const samplesOf: Readonly<Record<AudioCodec, number>> = { aac: 1_024, opus: 960 };

/** True for a codec of sound. */
export function isAudio(codec: Codec): codec is AudioCodec {
  return codec === 'aac' || codec === 'opus';
}
