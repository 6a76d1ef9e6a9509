import { audioChannels, audioRate, isAudio, type AudioCodec } from '../../../domain/media/audio.ts';
import type { Frame } from '../../../domain/media/frame.ts';
import type { WantedRendition } from '../../../domain/media/media.ts';
import type { AudioTrack } from '../../../domain/media/tracks.ts';
import { TrackRenditions, type TrackRenditionsOptions } from './track-renditions.ts';

/** The AudioSpecificConfig of AAC-LC at 48 kHz in stereo, with 1,024 samples in a frame (ISO/IEC 14496-3, 1.6.2.1). */
const plainAac = Buffer.from([0x11, 0x90]);

/** The audio Renditions of a camera whose audio is read in the server process. */
export class AudioRenditions {
  readonly #renditions: TrackRenditions;
  #wanted: readonly WantedRendition[] = [];
  #track: AudioTrack | null = null;
  /** The codec in which the audio is passed through; null if all Renditions are encoded. */
  #passthrough: AudioCodec | null = null;

  constructor(options: Omit<TrackRenditionsOptions, 'begin'>) {
    this.#renditions = new TrackRenditions(options);
  }

  /** Sets the camera's track, which may have changed; null without audio. */
  follow(track: AudioTrack | null): void {
    if (isSame(track, this.#track)) return;
    this.#track = track;
    this.#passthrough = track === null ? null : usableAs(track);
    this.#renditions.follow(track);
    this.#assign();
  }

  /** Sets the Renditions in demand. */
  want(renditions: readonly WantedRendition[]): void {
    this.#wanted = renditions.filter(({ codec }) => isAudio(codec));
    this.#assign();
  }

  /** Takes the next frame. */
  take(frame: Frame): void {
    if (this.#passthrough === 'opus' && !isOfTwentyMilliseconds(frame)) {
      this.#passthrough = null;
      this.#assign();
    }
    this.#renditions.take(frame);
  }

  /** Ends all of them. */
  close(): void {
    this.#renditions.close();
  }

  #assign(): void {
    const direct = this.#wanted.filter(({ codec }) => codec === this.#passthrough);
    this.#renditions.want(
      direct,
      this.#wanted.filter((each) => !direct.includes(each)),
    );
  }
}

/** The codec in which outputs can send this audio as it is: all of them expect one rate, stereo and one duration. */
function usableAs({ codec, rate, channels, config }: AudioTrack): AudioCodec | null {
  if (rate !== audioRate || channels !== audioChannels) return null;
  if (codec === 'aac') return config?.equals(plainAac) === true ? 'aac' : null;
  return codec === 'opus' ? 'opus' : null;
}

/** True for an Opus packet of one frame that lasts 20 ms, by its first byte (RFC 6716, section 3.1). */
function isOfTwentyMilliseconds({ bytes }: Frame): boolean {
  const first = bytes[0] ?? 0;
  const configuration = first >> 3;
  // SILK: 10, 20, 40, 60 ms. Hybrid: 10, 20 ms. CELT: 2.5, 5, 10, 20 ms.
  const [durations, at] = configuration < 12 ? [4, 1] : configuration < 16 ? [2, 1] : [4, 3];
  return configuration % durations === at && (first & 3) === 0;
}

function isSame(one: AudioTrack | null, other: AudioTrack | null): boolean {
  if (one === null || other === null) return one === other;
  const configs = [one.config, other.config].map((config) => config?.toString('hex'));
  return (
    one.codec === other.codec && one.rate === other.rate && one.channels === other.channels && configs[0] === configs[1]
  );
}
