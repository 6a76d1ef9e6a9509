import type { VideoCodec } from '../domain/media/rendition.ts';
import type { Size } from '../domain/media/size.ts';
import type { Sentence } from '../messages/sentence.ts';
import { describeVideo } from './describe-video.ts';
import type { CaptureOutput } from './output.ts';
import type { OpenSource } from './source.ts';

/** How long the first frame waits for announced audio, in milliseconds. */
const audioWait = 250;
/** How long after that viewers who want it wait, before the source counts as one without, in milliseconds. */
const audioLimit = 2_000;

/** What a {@link VideoReport} reads when it reports. */
export interface VideoReportOptions {
  readonly source: OpenSource;
  readonly output: Pick<CaptureOutput, 'report'>;
  /** The codec in which frames are passed through, which may change. */
  readonly renditions: { readonly passthrough: VideoCodec | null };
  readonly audio: { readonly heard: boolean };
}

/**
 * Tells the server about a source's video: `ready` once the first frame has been seen and announced audio has been heard
 * or waited for, and `changed` when anything about it changes.
 */
export class VideoReport implements Disposable {
  readonly #options: VideoReportOptions;
  /** The size of the frames; null before the first one. */
  #size: Size | null = null;
  /** True once the server has been told of the first frame. */
  #told = false;
  /** Why some Renditions get no frames, in a sentence; null if all get them. */
  #warning: string | Sentence | null = null;
  #audioTimer: NodeJS.Timeout | undefined;
  #awaitsAudio = false;

  constructor(options: VideoReportOptions) {
    this.#options = options;
  }

  /** The server has been told of the first frame already. */
  skipReady(): void {
    this.#told = true;
  }

  /** Reports the size of the first frame, or a new size. */
  resized(size: Size): void {
    this.#size = size;
    if (this.#told) this.#report('changed');
    else if (this.isAudioKnown) this.#becomeReady();
    // Viewers that come now want to know whether there is audio.
    else this.#audioTimer ??= setTimeout(() => this.#becomeReady(), audioWait);
  }

  /** Reports that the options have changed. */
  changed(): void {
    if (this.#told) this.#report('changed');
  }

  /** Reports why some Renditions get no frames, or with null that all get them. Repeats nothing. */
  warn(warning: string | Sentence | null): void {
    if (warning === this.#warning || JSON.stringify(warning) === JSON.stringify(this.#warning)) return;
    this.#warning = warning;
    this.changed();
  }

  /** False while audio is announced, but has not been heard. */
  get isAudioKnown(): boolean {
    const { source, audio } = this.#options;
    return source.audio?.announced !== true || audio.heard;
  }

  /** Reports that announced audio has been heard. */
  audioHeard(): void {
    if (this.#awaitsAudio) clearTimeout(this.#audioTimer);
    this.#awaitsAudio = false;
    if (this.#told) this.#report('changed');
    else if (this.#size !== null) this.#becomeReady();
  }

  #becomeReady(): void {
    clearTimeout(this.#audioTimer);
    this.#told = true;
    this.#awaitsAudio = !this.isAudioKnown;
    this.#report('ready');
    if (this.#awaitsAudio) this.#audioTimer = setTimeout(() => this.#giveUpAudio(), audioLimit);
  }

  #giveUpAudio(): void {
    this.#awaitsAudio = false;
    this.#report('changed');
  }

  #report(type: 'ready' | 'changed'): void {
    const { source, output, renditions } = this.#options;
    const video = describeVideo(source, this.#size ?? source.video, {
      passthrough: renditions.passthrough,
      audio: this.#awaitsAudio ? 'awaited' : source.audio !== undefined && this.isAudioKnown,
    });
    output.report({ type, video: this.#warning === null ? video : { ...video, warning: this.#warning } });
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#audioTimer);
  }
}
