import { Packet, type CodecParameters } from 'node-av/lib';
import type { Frame } from '../../domain/media/frame.ts';
import type { WantedRendition } from '../../domain/media/media.ts';
import type { AudioTrack } from '../../domain/media/tracks.ts';
import { Audio } from '../audio/audio.ts';
import type { CaptureOutput } from '../output.ts';
import { audioParameters } from './codec-parameters.ts';
import type { Feed } from './feed.ts';

/** An audio track. */
export class AudioFeed implements Feed {
  readonly #audio: Audio;
  readonly #parameters: CodecParameters;

  constructor(track: AudioTrack, output: Pick<CaptureOutput, 'frame' | 'warn'>) {
    this.#audio = new Audio(output);
    this.#parameters = audioParameters(track);
  }

  take({ bytes, capturedAt }: Frame): void {
    using packet = new Packet();
    packet.alloc();
    packet.data = bytes;
    this.#audio.take({ packet, parameters: this.#parameters, time: capturedAt, exact: true });
  }

  want(renditions: readonly WantedRendition[]): void {
    this.#audio.want(renditions);
  }

  requestKeyframe(): void {
    // Audio has none.
  }

  countDrop(): void {
    // As in other captures, only video is counted.
  }

  close(): void {
    this.#audio[Symbol.dispose]();
    this.#parameters.free();
  }
}
