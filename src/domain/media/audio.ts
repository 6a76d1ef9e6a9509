/** How audio is encoded: AAC-LC, which every player supports in MP4, or Opus, which WebRTC uses. */
export type AudioCodec = 'aac' | 'opus';

/** The sample rate of all encoded audio, in Hz. */
export const audioRate = 48_000;

/** All encoded audio is stereo; a mono source is copied to both channels. */
export const audioChannels = 2;

/** Samples per channel in one audio Frame: 21.3 ms of AAC, 20 ms of Opus. */
export const samplesOf: Readonly<Record<AudioCodec, number>> = { aac: 1_024, opus: 960 };

/** True if a codec is an audio codec. */
export function isAudio(codec: string): codec is AudioCodec {
  return codec === 'aac' || codec === 'opus';
}
