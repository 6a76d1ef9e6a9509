import { isAudio } from '../../../domain/media/audio.ts';
import { problemError, type Problem } from '../../../domain/errors.ts';
import type { Frame } from '../../../domain/media/frame.ts';
import type { VideoFormat, WantedRendition } from '../../../domain/media/media.ts';
import { isOfSubstream } from '../../../domain/media/substream.ts';
import { type Sentence, sentence } from '../../../messages/sentence.ts';
import type { Capture, CaptureOptions, Captures, CaptureStats } from '../capture.ts';
import type { KnownStreams, StreamName } from './known-streams.ts';
import { chooseStreams } from './stream-choice.ts';
import { Stream } from './stream.ts';

/** A sub-stream that has been opening for this long is slow, and the main stream takes over, in milliseconds. */
const slowAfter = 6_000;
/** The waits after failures, in milliseconds: cameras lock out after some wrong logins. */
const backoffs = { main: { first: 1_000, most: 10_000 }, sub: { first: 5_000, most: 300_000 } };

/** Where the frames of a Rendition come from. */
interface Delivery {
  /** Null after that stream has failed. */
  stream: StreamName | null;
  /**
   * An offset that is added to the sequence numbers of the stream, so that they count on when the Rendition changes
   * streams.
   */
  offset: number;
  /** The last sequence number delivered. */
  last: number;
}

/**
 * A Capture of a camera that has a main stream and a smaller one. Each Rendition comes from the smallest stream that
 * satisfies its width, and is passed through if that stream has its codec. Only streams that somebody needs are open.
 * When one stream fails, the other one takes over, and the failed one is tried again later.
 */
export class SubstreamCapture implements Capture {
  readonly facts = { streams: 2 };
  readonly #options: CaptureOptions;
  readonly #known: KnownStreams;
  readonly #streams: Readonly<Record<StreamName, Stream>>;
  #wanted: readonly WantedRendition[];
  /** The smallest stream that satisfies each Rendition, by the Rendition's id. */
  #choices: ReadonlyMap<number, StreamName> = new Map();
  readonly #deliveries = new Map<number, Delivery>();
  /** The format that was reported last, as text; empty before the first. */
  #told = '';
  #slowTimer: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor(options: CaptureOptions, known: KnownStreams, captures: Captures) {
    this.#options = options;
    this.#known = known;
    this.#wanted = options.renditions;
    const stream = (name: StreamName): Stream =>
      new Stream({
        known: known[name],
        captures,
        backoff: backoffs[name],
        events: {
          changed: () => this.#update(),
          frame: (id, frame) => this.#frame(name, id, frame),
          stats: (stats) => this.#stats(name, stats),
          failed: (problem, detail) => this.#failed(name, problem, detail),
        },
      });
    this.#streams = { main: stream('main'), sub: stream('sub') };
  }

  /** Opens the streams that the Renditions need. */
  static open(options: CaptureOptions, known: KnownStreams, captures: Captures): Capture {
    const capture = new SubstreamCapture(options, known, captures);
    const { signal, events } = options;
    const close = (): void => void capture.close();
    signal.addEventListener('abort', close, { once: true });
    queueMicrotask(() => {
      if (capture.#closed) return;
      events.opening();
      capture.#update();
    });
    if (signal.aborted) close();
    return capture;
  }

  want(renditions: readonly WantedRendition[]): void {
    this.#wanted = renditions;
    this.#update();
  }

  requestKeyframe(rendition: number): void {
    const stream = this.#deliveries.get(rendition)?.stream ?? this.#target(rendition);
    this.#streams[stream].requestKeyframe(rendition);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#slowTimer);
    await Promise.all([this.#streams.main.close(), this.#streams.sub.close()]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Opens and closes streams as the Renditions need them, and reports changes of the format. */
  #update(): void {
    if (this.#closed) return;
    const { main, sub } = this.#known;
    this.#choices = chooseStreams(this.#wanted, { main: main.video, sub: sub.video });
    for (const id of this.#deliveries.keys()) if (!this.#choices.has(id)) this.#deliveries.delete(id);
    // The smaller stream first: whether it can be used decides whether the main one is opened.
    const idle = this.#wanted.length === 0 ? this.#idle : null;
    this.#streams.sub.want(this.#wantedOf('sub'), idle === 'sub');
    this.#streams.main.want(this.#wantedOf('main'), idle === 'main');
    clearTimeout(this.#slowTimer);
    const { video, isOpen, opensFor } = this.#streams.sub;
    if (isOpen && video === null && opensFor < slowAfter) {
      this.#slowTimer = setTimeout(() => this.#update(), slowAfter - opensFor + 1);
    }
    this.#report();
  }

  /** The stream that a Rendition is to come from: its choice, or the other one while that cannot be used. */
  #target(id: number): StreamName {
    const choice = this.#choices.get(id) ?? 'main';
    const { main, sub } = this.#streams;
    if (choice === 'sub') return (sub.isBarred || sub.opensFor >= slowAfter) && !main.isBarred ? 'main' : 'sub';
    return main.isBarred && sub.isOpen ? 'sub' : 'main';
  }

  /** The stream that is open while no Rendition is in demand. */
  get #idle(): StreamName {
    const { main, sub } = this.#streams;
    if (main.isOpen !== sub.isOpen) return main.isOpen ? 'main' : 'sub';
    return this.#known.first === 'sub' && !sub.isBarred ? 'sub' : 'main';
  }

  #wantedOf(name: StreamName): readonly WantedRendition[] {
    const its = this.#wanted.filter(({ id }) => {
      if (this.#target(id) === name || this.#choices.get(id) === name) return true;
      // Until the other stream has a keyframe, so that nobody sees a gap.
      return this.#deliveries.get(id)?.stream === name;
    });
    if (name === 'main') return its;
    const { video } = this.#known.sub;
    return its.map((rendition) => (this.#isWhole(rendition, video) ? { ...rendition, width: 'source' } : rendition));
  }

  /** True if a Rendition gets the sub-stream's own frames, although they may be wider than it asks for. */
  #isWhole(rendition: WantedRendition, video: VideoFormat | null): boolean {
    if (isAudio(rendition.codec)) return false;
    return video === null || (isOfSubstream(rendition, video) && rendition.codec === video.passthrough);
  }

  #frame(name: StreamName, id: number, frame: Frame): void {
    if (this.#closed) return;
    const delivery = this.#deliveries.get(id);
    if (delivery?.stream === name) return this.#deliver(id, delivery, frame);
    if (this.#target(id) !== name || !this.#choices.has(id)) return;
    if (!frame.keyframe && frame.width > 0) return;
    const next = { stream: name, offset: delivery === undefined ? 0 : delivery.last + 1 - frame.sequence, last: 0 };
    this.#deliveries.set(id, next);
    this.#deliver(id, next, frame);
    // The stream that it comes from no longer may not be needed.
    if (delivery !== undefined) queueMicrotask(() => this.#update());
  }

  #deliver(id: number, delivery: Delivery, frame: Frame): void {
    const sequence = frame.sequence + delivery.offset;
    delivery.last = sequence;
    this.#options.events.frame(id, delivery.offset === 0 ? frame : { ...frame, sequence });
  }

  /** The frames of the other stream are no further frames of the camera. */
  #stats(name: StreamName, stats: CaptureStats): void {
    const { main } = this.#streams;
    const counts = name === (main.video === null ? 'sub' : 'main') || this.#told === '';
    this.#options.events.stats(counts ? stats : { ...stats, captured: 0 });
  }

  #failed(name: StreamName, problem: Problem, detail: string): void {
    if (this.#closed) return;
    const { main, sub } = this.#streams;
    for (const delivery of this.#deliveries.values()) if (delivery.stream === name) delivery.stream = null;
    if (name === 'main' ? !sub.isOpen : main.isBarred) return this.#end(problem, detail);
    const { code, message } = problem;
    const how = { code, detail: problem.detail, how: detail };
    this.#options.log.warn(how, `the ${name === 'main' ? 'main stream' : 'sub-stream'} failed: ${message}`);
    // The other stream may begin now.
    if (this.#told === '') this.#options.events.opening();
    this.#update();
  }

  #end(failure: Problem, detail: string): void {
    const { main } = this.#known;
    const problem = main.problem ?? failure;
    // The lifecycle decides when the camera is opened again.
    main.dueAt = -Infinity;
    void this.close();
    this.#options.events.ended({ reason: 'failed', problem, detail });
  }

  #report(): void {
    const format = this.#format();
    if (format === null) return;
    const told = JSON.stringify(format);
    if (told === this.#told) return;
    const isFirst = this.#told === '';
    this.#told = told;
    if (isFirst) this.#options.events.ready(format);
    else this.#options.events.changed(format);
  }

  /**
   * The camera's video: that of its main stream, also while only the other one is open. Null before the first frame.
   */
  #format(): VideoFormat | null {
    const { main, sub } = this.#streams;
    const small = sub.video;
    if (main.video === null && small === null) return null;
    const warning = this.#warning ?? main.video?.warning ?? small?.warning;
    const hasAudio = this.#known.main.video?.audio ?? this.#known.sub.video?.audio;
    const {
      warning: _,
      audio: __,
      ...video
    } = main.video ?? this.#known.main.video ?? { ...small!, isSubstream: true };
    return {
      ...video,
      ...(small === null ? {} : { substream: substreamOf(small) }),
      ...(hasAudio === true ? { audio: true } : {}),
      ...(warning === undefined ? {} : { warning }),
    };
  }

  /** Why a stream does not deliver the Renditions that are its own; null if it does. */
  get #warning(): Sentence | null {
    const chosen = new Set(this.#choices.values());
    const { main, sub } = this.#known;
    if (sub.problem !== null && chosen.has('sub')) {
      return sentence('camera_substream_fails', { why: reasonOf(sub.problem) });
    }
    return main.problem !== null && chosen.has('main')
      ? sentence('camera_main_stream_fails', { why: reasonOf(main.problem) })
      : null;
  }
}

function substreamOf({ width, passthrough }: VideoFormat): NonNullable<VideoFormat['substream']> {
  return { width, ...(passthrough === undefined ? {} : { passthrough }) };
}

function reasonOf(problem: Problem): Sentence | string {
  return problemError(problem).sentence ?? problem.message;
}
