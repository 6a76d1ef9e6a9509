import { refuseSize } from '../../../domain/cameras/camera-limits.ts';
import { hiderOf } from '../../../domain/cameras/hidden-address.ts';
import { monotonicNow } from '../../../domain/clock.ts';
import { asPortholeError, problemError, PortholeError, type Problem } from '../../../domain/errors.ts';
import type { Frame } from '../../../domain/media/frame.ts';
import type { DropReason, VideoFormat, WantedRendition } from '../../../domain/media/media.ts';
import { Rejections } from '../../../domain/media/rejections.ts';
import type { Sentence } from '../../../messages/sentence.ts';
import type { Capture, CaptureEnd, CaptureEvents, CaptureOptions } from '../capture.ts';
import { shownProblem } from '../shown-problem.ts';
import type { OpenTranscoding } from '../transcoding/transcoding.ts';
import { AudioRenditions } from './audio-renditions.ts';
import type { MediaEnd, MediaEvents, MediaSource, MediaTracks, OpenMedia } from './media-source.ts';
import { VideoRenditions } from './video-renditions.ts';

/** How long announced audio may take to arrive before the camera counts as one without, in milliseconds. */
const audioLimit = 2_000;
/** FFmpeg's names of the codecs. */
const formats = { jpeg: 'mjpeg', h264: 'h264', h265: 'hevc' } as const;

/** Parts of a {@link NetworkCapture}. */
export interface NetworkParts {
  readonly openMedia: OpenMedia;
  readonly openTranscoding: OpenTranscoding;
  /** Reads the camera if the server cannot; called with the reason. */
  readonly fallback: (options: CaptureOptions, reason: string) => Capture;
}

/**
 * A Capture whose media is read in the server process. Renditions in the camera's own codec and size get its frames as
 * they are, and Transcodings make the others.
 */
export class NetworkCapture implements Capture {
  readonly #options: CaptureOptions;
  readonly #parts: NetworkParts;
  readonly #events: CaptureEvents;
  readonly #video: VideoRenditions;
  readonly #audio: AudioRenditions;
  readonly #damaged = new Rejections();
  #statsTimer: NodeJS.Timeout | undefined;
  #media: MediaSource | null = null;
  /** Reads the camera in place of {@link #media}. */
  #instead: Capture | null = null;
  #wanted: readonly WantedRendition[];
  #tracks: MediaTracks | null = null;
  /** True once a frame has arrived that can be decoded. */
  #ready = false;
  /** True once `ready` has been reported. */
  #told = false;
  /** Runs while announced audio may still arrive. */
  #audioTimer: NodeJS.Timeout | null = null;
  /** Why some Renditions get no frames; null if all get them. */
  #warning: string | Sentence | null = null;
  /** When the last intact frame arrived, on the monotonic clock, in milliseconds. */
  #intactAt = -Infinity;
  #captured = 0;
  #dropped: Partial<Record<DropReason, number>> = {};
  /** False once the media have ended, or are being closed. */
  #isRunning = true;
  /** Resolves once everything is released; null before its end. */
  #ended: Promise<void> | null = null;

  private constructor(options: CaptureOptions, parts: NetworkParts) {
    this.#options = options;
    this.#parts = parts;
    this.#events = options.events;
    this.#wanted = options.renditions;
    const events = {
      frame: (id: number, frame: Frame) => this.#events.frame(id, frame),
      dropped: (reason: DropReason, count: number) => this.#countDrop(reason, count),
    };
    const common = { camera: options.log, open: parts.openTranscoding, log: options.log };
    this.#video = new VideoRenditions({
      ...common,
      events: {
        ...events,
        warning: (warning) => this.#warn(warning),
        failed: (problem) => this.#transcodingFailed(problem),
      },
    });
    // Video continues without audio.
    this.#audio = new AudioRenditions({
      ...common,
      events: { ...events, warning: () => undefined, failed: () => undefined },
    });
  }

  /** Opens the media. Returns at once. */
  static open(options: CaptureOptions, parts: NetworkParts): Capture {
    const capture = new NetworkCapture(options, parts);
    capture.#start();
    return capture;
  }

  get facts(): object {
    return this.#instead?.facts ?? {};
  }

  want(renditions: readonly WantedRendition[]): void {
    this.#wanted = renditions;
    if (this.#instead !== null) this.#instead.want(renditions);
    else if (this.#isRunning) this.#assign();
  }

  requestKeyframe(rendition: number): void {
    if (this.#instead === null) this.#video.requestKeyframe(rendition);
    else this.#instead.requestKeyframe(rendition);
  }

  async close(): Promise<void> {
    await (this.#instead === null ? this.#end({ reason: 'closed' }) : this.#instead.close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #start(): void {
    const { source, signal, log } = this.#options;
    // The owner expects no event before it has the Capture.
    queueMicrotask(() => {
      if (this.#isRunning) this.#events.opening();
    });
    this.#statsTimer = setInterval(() => this.#reportStats(), 1_000);
    try {
      this.#media = this.#parts.openMedia({ source, signal, log, events: this.#mediaEvents() });
    } catch (error) {
      this.#release();
      throw error;
    }
    if (!this.#isRunning) return;
    signal.addEventListener('abort', this.#abort, { once: true });
    if (signal.aborted) this.#abort();
  }

  readonly #abort = (): void => void this.close();

  #mediaEvents(): MediaEvents {
    const whileRunning =
      <Args extends unknown[]>(handle: (...args: Args) => void) =>
      (...args: Args): void => {
        if (this.#isRunning) handle(...args);
      };
    return {
      tracks: whileRunning((tracks) => this.#follow(tracks)),
      waiting: whileRunning(() => (this.#captured += 1)),
      video: whileRunning((frame) => this.#takeVideo(frame)),
      audio: whileRunning((frame) => this.#audio.take(frame)),
      dropped: whileRunning((reason, count) => this.#arrivedDamaged(reason, count)),
      ended: whileRunning((end) => this.#mediaEnded(end)),
    };
  }

  #follow(tracks: MediaTracks): void {
    const refusal = refuseSize(tracks.video);
    if (refusal !== null) return this.#fail(refusal);
    this.#tracks = tracks;
    this.#video.follow(tracks.video);
    this.#audio.follow(tracks.audio);
    this.#assign();
    if (this.#told) this.#report();
    else this.#becomeReady();
  }

  #assign(): void {
    this.#video.want(this.#wanted);
    this.#audio.want(this.#wanted);
  }

  #takeVideo(frame: Frame): void {
    const refusal = refuseSize(frame);
    if (refusal !== null) return this.#fail(refusal);
    this.#captured += 1;
    this.#damaged.clear();
    this.#intactAt = monotonicNow();
    const isChanged = this.#video.take(frame);
    this.#ready ||= frame.keyframe;
    if (!this.#told) this.#becomeReady();
    else if (isChanged) this.#report();
  }

  #becomeReady(): void {
    if (!this.#ready || this.#tracks === null) return;
    if (this.#tracks.awaitsAudio === true) this.#audioTimer = setTimeout(() => this.#giveUpAudio(), audioLimit);
    this.#report();
  }

  #giveUpAudio(): void {
    this.#audioTimer = null;
    if (this.#tracks?.awaitsAudio === true) this.#report();
  }

  /** Reports the camera's format: `ready` at first, then `changed`. */
  #report(): void {
    if (this.#tracks === null) return;
    const { video, audio, awaitsAudio } = this.#tracks;
    const { passthrough, size } = this.#video;
    const format: VideoFormat = {
      format: formats[video.codec],
      ...size,
      fps: video.fps,
      ...(passthrough === null ? {} : { passthrough }),
      ...(audio === null ? {} : { audio: true }),
      ...(awaitsAudio === true && this.#audioTimer !== null ? { awaitsAudio } : {}),
      ...(this.#warning === null ? {} : { warning: this.#warning }),
    };
    const wasTold = this.#told;
    this.#told = true;
    if (wasTold) this.#events.changed(format);
    else this.#events.ready(format);
  }

  #warn(warning: string | Sentence | null): void {
    if (JSON.stringify(warning) === JSON.stringify(this.#warning)) return;
    this.#warning = warning;
    if (this.#told && this.#isRunning) this.#report();
  }

  /** Without Renditions that get the camera's own frames, nobody sees anything. */
  #transcodingFailed(problem: Problem): void {
    if (this.#video.passthrough === null) this.#fail(problemError(problem));
    else this.#warn(problem.sentence ?? problem.message);
  }

  #countDrop(reason: DropReason, count: number): void {
    this.#dropped[reason] = (this.#dropped[reason] ?? 0) + count;
  }

  /** If all JPEGs have been damaged for a while, viewers learn that. The next keyframe may mend other video. */
  #arrivedDamaged(reason: DropReason, count: number): void {
    this.#captured += count;
    this.#countDrop(reason, count);
    if (this.#tracks !== null && this.#tracks.video.codec !== 'jpeg') return;
    let areAllDamaged = false;
    for (let each = 0; each < count; each += 1) areAllDamaged = this.#damaged.add(monotonicNow());
    if (areAllDamaged && this.#intactAt < this.#damaged.since) this.#fail(new PortholeError('video_damaged'));
  }

  #reportStats(): void {
    const [captured, dropped] = [this.#captured, this.#dropped];
    this.#captured = 0;
    this.#dropped = {};
    if (this.#isRunning) this.#events.stats({ captured, dropped });
  }

  #mediaEnded(end: MediaEnd): void {
    switch (end.reason) {
      case 'closed':
        return void this.#end({ reason: 'closed' });
      case 'failed':
        return this.#fail(end.error);
      case 'unsupported':
        return void this.#handOver(end.detail);
      default:
        return end satisfies never;
    }
  }

  /** Has the fallback read the camera, once it is free: some accept one connection only. */
  async #handOver(reason: string): Promise<void> {
    this.#release();
    await this.#media?.close();
    if (this.#ended !== null) return;
    try {
      this.#instead = this.#parts.fallback({ ...this.#options, renditions: this.#wanted }, reason);
    } catch (error) {
      this.#fail(asPortholeError(error));
    }
  }

  #fail(error: PortholeError): void {
    const problem = shownProblem(error.toJSON(), hiderOf(this.#options.source.source));
    void this.#end({ reason: 'failed', problem, detail: problem.detail ?? problem.code });
  }

  #end(end: CaptureEnd): Promise<void> {
    this.#reportStats();
    this.#release();
    this.#ended ??= (async () => {
      await this.#media?.close();
      this.#events.ended(end);
    })();
    return this.#ended;
  }

  #release(): void {
    this.#isRunning = false;
    clearInterval(this.#statsTimer);
    if (this.#audioTimer !== null) clearTimeout(this.#audioTimer);
    this.#options.signal.removeEventListener('abort', this.#abort);
    this.#video.close();
    this.#audio.close();
  }
}
