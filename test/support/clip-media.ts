import type { MediaOptions, MediaSource, MediaTracks } from '../../src/cameras/captures/network/media-source.ts';
import { monotonicNow } from '../../src/domain/clock.ts';

/** A camera that is read in the server process: frames that repeat for ever, 15 in a second; the first is a keyframe. */
export interface MediaClip {
  readonly tracks: MediaTracks;
  readonly frames: readonly Buffer[];
  /** Samples of G.711 for each frame, if there is audio. */
  readonly samples?: Buffer;
}

/** How many frames a second the clips have. */
export const clipRate = 15;

/** A MediaSource that plays a clip. */
export class ClipMedia implements MediaSource {
  readonly #timer: NodeJS.Timeout;

  constructor({ events, signal }: MediaOptions, { tracks, frames, samples }: MediaClip) {
    const began = monotonicNow();
    let sequence = 0;
    this.#timer = setInterval(() => {
      if (sequence === 0) events.tracks(tracks);
      const at = sequence % frames.length;
      const capturedAt = began + (sequence * 1_000) / clipRate;
      const keyframe = tracks.video.codec === 'jpeg' || at === 0;
      const { width, height } = tracks.video;
      events.video({ bytes: frames[at] as Buffer, sequence, capturedAt, keyframe, width, height });
      if (samples !== undefined) {
        events.audio({ bytes: samples, sequence, capturedAt, keyframe: false, width: 0, height: 0 });
      }
      sequence += 1;
    }, 1_000 / clipRate);
    signal.addEventListener('abort', () => void this.close(), { once: true });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
  }
}
