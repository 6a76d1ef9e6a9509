import { pastFrame } from '../../../channel/frames.ts';
import { monotonicNow } from '../../../domain/clock.ts';
import { asPortholeError, type PortholeError, type Problem } from '../../../domain/errors.ts';
import type { Frame } from '../../../domain/media/frame.ts';
import type { WantedRendition } from '../../../domain/media/media.ts';
import { Backoff } from '../../lifecycle/backoff.ts';
import type { FeedEvents, TranscoderProcess } from './transcoder-process.ts';
import type { Transcoding, TranscodingOptions } from './transcoding.ts';

/** How long it waits before it tries again, in milliseconds. */
const waits = { first: 100, most: 10_000 } as const;
/** After this time without a failure, earlier ones no longer count, in milliseconds. */
const calm = 30_000;

/**
 * A process hangs, such as in a hardware decoder, if no frame has come back while this many were sent, over this many
 * milliseconds. Extra Renditions under overload are encoded for each 64th frame only.
 */
const hanging = { frames: 150, time: 10_000 } as const;

/** A {@link TranscoderProcess}, as a {@link TrackTranscoding} sees it. */
export type FeedHost = Pick<TranscoderProcess, 'open' | 'want' | 'take' | 'requestKeyframe' | 'close' | 'end'>;

/** Chooses the process for a camera. @throws {PortholeError} `out_of_resources` without one. */
export type ChooseHost = (camera: object) => FeedHost;

/** A Transcoding in a process that is replaced if it ends. */
export class TrackTranscoding implements Transcoding {
  readonly #options: TranscodingOptions;
  readonly #choose: ChooseHost;
  readonly #backoff = new Backoff(waits);
  #renditions: readonly WantedRendition[];
  /** Where it is made; null between two attempts. */
  #place: { readonly process: FeedHost; readonly feed: number } | null = null;
  /** True once the process takes frames. */
  #takes = false;
  /** True once the process can send a frame back: it has got a keyframe, or has sent one. */
  #canAnswer = false;
  /** Video frames since the last one that came back, and when the first of them was sent, on the monotonic clock. */
  #unanswered = 0;
  #unansweredSince = 0;
  /** Failures in a row. */
  #failures = 0;
  #startedAt = 0;
  /** True from a failure to the next frame. */
  #isWarned = false;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: TranscodingOptions, choose: ChooseHost) {
    this.#options = options;
    this.#choose = choose;
    this.#renditions = options.renditions;
  }

  /** Opens the track in a process. */
  start(): void {
    const { camera, track } = this.#options;
    this.#startedAt = monotonicNow();
    try {
      const process = this.#choose(camera);
      const feed = process.open({ camera, track, renditions: this.#renditions }, this.#events());
      this.#place = { process, feed };
    } catch (error) {
      const problem = asPortholeError(error).toJSON();
      // Its owner expects no event before it has the Transcoding.
      this.#retry = setTimeout(() => this.#failed(problem), 0);
    }
  }

  want(renditions: readonly WantedRendition[]): void {
    this.#renditions = renditions;
    this.#place?.process.want(this.#place.feed, renditions);
  }

  take(frame: Frame): void {
    if (!this.#takes || this.#place === null) return;
    if (this.#unanswered === 0) this.#unansweredSince = monotonicNow();
    // Without the GOP so far, which may have been too long to keep, a decoder waits for the next keyframe.
    this.#canAnswer ||= frame.keyframe;
    // Audio that can't be decoded is silent, which is no reason to start again.
    if (frame.width > 0 && this.#canAnswer) this.#unanswered += 1;
    this.#place.process.take(this.#place.feed, frame);
    const { frames, time } = hanging;
    if (this.#unanswered > frames && monotonicNow() - this.#unansweredSince > time) this.#place.process.end();
  }

  requestKeyframe(rendition: number): void {
    this.#place?.process.requestKeyframe(this.#place.feed, rendition);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#place?.process.close(this.#place.feed);
    this.#leave();
  }

  #events(): FeedEvents {
    const { events } = this.#options;
    return {
      opened: () => this.#begin(),
      frame: (rendition, frame) => {
        this.#unanswered = 0;
        this.#canAnswer = true;
        if (this.#isWarned) this.#recover();
        events.frame(rendition, frame);
      },
      dropped: (reason, count) => events.dropped(reason, count),
      warning: (warning) => events.warning(warning),
      failed: (problem) => this.#failed(problem),
      died: (error) => this.#died(error),
    };
  }

  /** Sends the frames that the decoder has to start with. Only the newest of these frames is to be encoded. */
  #begin(): void {
    this.#takes = true;
    const frames = this.#options.begin();
    for (const frame of frames.slice(0, -1)) this.take({ ...frame, sequence: pastFrame });
    const newest = frames.at(-1);
    if (newest !== undefined) this.take(newest);
  }

  /** One crash costs a moment. Viewers learn of more in a row. */
  #died(error: PortholeError): void {
    this.#options.log.warn({ code: error.code, detail: error.detail }, 'a transcoder ended and is started again');
    this.#again();
    if (this.#failures > 1) this.#report(error.toJSON());
  }

  #failed(problem: Problem): void {
    this.#again();
    this.#report(problem);
  }

  #report(problem: Problem): void {
    this.#isWarned = true;
    this.#options.events.failed(problem);
  }

  #recover(): void {
    this.#isWarned = false;
    this.#options.events.warning(null);
  }

  #again(): void {
    this.#leave();
    if (monotonicNow() - this.#startedAt > calm) {
      this.#failures = 0;
      this.#backoff.reset();
    }
    this.#failures += 1;
    this.#retry = setTimeout(() => this.start(), this.#backoff.next());
  }

  #leave(): void {
    this.#place = null;
    this.#takes = false;
    this.#canAnswer = false;
    this.#unanswered = 0;
  }
}
