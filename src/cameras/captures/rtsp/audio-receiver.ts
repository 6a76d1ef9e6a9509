import type { DescribedTrack } from '../../../formats/rtsp/description.ts';
import { audioReceiver, type AudioReceiver as Format } from '../../../formats/rtp/receive/audio-receiver.ts';
import type { AudioSink } from '../../../formats/rtp/receive/audio-frames.ts';
import type { IncomingPacket } from '../../../formats/rtp/receive/incoming-packet.ts';
import type { AudioTrack } from '../network/media-source.ts';
import { TrackReceiver, type UncountedFrame } from './track-receiver.ts';

/** Receives the audio of a camera. */
export class AudioReceiver extends TrackReceiver {
  readonly #format: Format;
  readonly #frame: (frame: UncountedFrame) => void;
  readonly #sink: AudioSink = (bytes, timestamp, samples) => {
    const capturedAt = this.capturedAt(timestamp, (samples / this.#format.audio.rate) * 1_000);
    this.#frame({ bytes, capturedAt, keyframe: false, width: 0, height: 0 });
  };

  private constructor(track: DescribedTrack, format: Format, frame: (frame: UncountedFrame) => void) {
    super(track, format.audio.rate);
    this.#format = format;
    this.#frame = frame;
  }

  /** @returns null if the track has another codec */
  static of(track: DescribedTrack, frame: (frame: UncountedFrame) => void): AudioReceiver | null {
    const format = audioReceiver(track);
    return format === null ? null : new AudioReceiver(track, format, frame);
  }

  /** What it receives. */
  get audio(): AudioTrack {
    return this.#format.audio;
  }

  protected override push(packet: IncomingPacket, lost: boolean): void {
    this.#format.frames.push(packet, lost, this.#sink);
  }

  [Symbol.dispose](): void {
    // It has no timers.
  }
}
