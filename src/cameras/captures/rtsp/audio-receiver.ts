import type { DescribedTrack } from '../../../formats/rtsp/description.ts';
import { audioPayload, type AudioPayload } from '../../../formats/rtp/receive/audio-payload.ts';
import type { AudioSink } from '../../../formats/rtp/receive/audio-frames.ts';
import type { IncomingPacket } from '../../../formats/rtp/receive/incoming-packet.ts';
import type { AudioTrack } from '../../../domain/media/tracks.ts';
import { TrackReceiver, type UncountedFrame } from './track-receiver.ts';

/** Receives the audio of a camera. */
export class AudioReceiver extends TrackReceiver {
  readonly #payload: AudioPayload;
  readonly #frame: (frame: UncountedFrame) => void;
  readonly #sink: AudioSink = (bytes, timestamp, samples) => {
    const capturedAt = this.capturedAt(timestamp, (samples / this.#payload.audio.rate) * 1_000);
    this.#frame({ bytes, capturedAt, keyframe: false, width: 0, height: 0 });
  };

  private constructor(track: DescribedTrack, payload: AudioPayload, frame: (frame: UncountedFrame) => void) {
    super(track, payload.audio.rate);
    this.#payload = payload;
    this.#frame = frame;
  }

  /** @returns null if the track has another codec */
  static of(track: DescribedTrack, frame: (frame: UncountedFrame) => void): AudioReceiver | null {
    const payload = audioPayload(track);
    return payload === null ? null : new AudioReceiver(track, payload, frame);
  }

  /** The audio that it receives. */
  get audio(): AudioTrack {
    return this.#payload.audio;
  }

  protected override push(packet: IncomingPacket, lost: boolean): void {
    this.#payload.frames.push(packet, lost, this.#sink);
  }

  [Symbol.dispose](): void {
    // It has no timers.
  }
}
