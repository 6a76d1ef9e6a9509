import type { VideoFormat } from '../../domain/media.ts';
import { asPortholeError, PortholeError, problemError, type Problem } from '../../domain/errors.ts';
import type { Frame } from '../../domain/frame.ts';
import type { Logger } from '../../domain/logger.ts';
import { sourceRendition } from '../../domain/rendition.ts';
import { parseSource, type Source } from '../../domain/source.ts';
import { CaptureAttempt } from '../lifecycle/capture-attempt.ts';
import { explainProblem } from '../lifecycle/explain.ts';
import { silence } from '../../text/silence.ts';
import type { SourceRules } from '../sources/source-rules.ts';
import type { Captures } from './capture.ts';

/** What trying a source showed. */
export type ProbeResult =
  | {
      readonly ok: true;
      readonly width: number;
      readonly height: number;
      /** The rate that the source states, in frames per second. */
      readonly fps: number | null;
      readonly format: string;
      /** Its first frame. */
      readonly jpeg: Buffer;
    }
  | { readonly ok: false; readonly problem: Problem };

/** Options of {@link SourceProbe.probe}. */
export interface ProbeOptions {
  /** True for a source of the command line, which may open anything. */
  readonly trusted: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** How long a source may take to deliver a frame, in milliseconds: some cameras send a keyframe every 20 s. */
const limit = 25_000;

/** Opens a source once, to see whether it works. */
export class SourceProbe {
  readonly #rules: SourceRules;
  readonly #captures: Captures;
  readonly #log: Logger;

  constructor(rules: SourceRules, captures: Captures, log: Logger) {
    this.#rules = rules;
    this.#captures = captures;
    this.#log = log;
  }

  /** Captures one frame of a source. The device is free again when this resolves. */
  async probe(text: string, { trusted, signal }: ProbeOptions): Promise<ProbeResult> {
    try {
      const abort = AbortSignal.any([AbortSignal.timeout(limit), ...(signal === undefined ? [] : [signal])]);
      return { ok: true, ...(await this.#capture(parseSource(text), trusted, abort)) };
    } catch (error) {
      return { ok: false, problem: asPortholeError(error).toJSON() };
    }
  }

  async #capture(source: Source, trusted: boolean, abort: AbortSignal): Promise<VideoFormat & { jpeg: Buffer }> {
    const { promise, resolve, reject } = Promise.withResolvers<VideoFormat & { jpeg: Buffer }>();
    const giveUp = (): void => reject(new PortholeError('camera_silent', { message: silence.probed }));
    if (abort.aborted) giveUp();
    abort.addEventListener('abort', giveUp, { once: true });
    let video: VideoFormat | null = null;
    let frame: Frame | null = null;
    // The first frame may come before its format, and the other way round.
    const look = (): void => {
      if (video !== null && frame !== null) resolve({ ...video, jpeg: frame.bytes });
    };
    const attempt = CaptureAttempt.start({
      resolve: () => this.#rules.check(source, { trusted }),
      after: Promise.resolve(),
      captures: this.#captures,
      wanted: () => [{ id: 1, ...sourceRendition }],
      limits: { opening: limit, silence: limit },
      events: {
        waiting: () => undefined,
        live: (live) => {
          video = live;
          look();
        },
        changed: (changed) => (video = changed),
        frame: (_rendition, each) => {
          frame ??= each;
          look();
        },
        stats: () => undefined,
        failed: (problem, detail) => {
          const { code, message } = problem;
          this.#log.warn({ code, detail: problem.detail, how: detail }, `camera failed: ${message}`);
          void explainProblem(source, problem).then((explained) => reject(problemError(explained)));
        },
      },
      log: this.#log,
    });
    try {
      return await promise;
    } finally {
      await attempt.stop();
    }
  }
}
