import type { VideoFormat } from '../../domain/media/media.ts';
import { asPortholeError, PortholeError, problemError, type Problem } from '../../domain/errors.ts';
import type { Frame } from '../../domain/media/frame.ts';
import type { Logger } from '../../domain/logger.ts';
import { sourceRendition } from '../../domain/media/rendition.ts';
import { parseSource, type ResolvedSource, type Source } from '../../domain/cameras/source.ts';
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
      /** The measured rate, in frames per second; null if the source was too slow to measure it. */
      readonly fps: number | null;
      /** The rate that the source states, in frames per second; null if it states none. */
      readonly claimedFps: number | null;
      readonly format: string;
      /** Its first frame. */
      readonly jpeg: Buffer;
    }
  | { readonly ok: false; readonly problem: Problem };

/** Options of {@link SourceProbe.probe}. */
export type ProbeOptions = { readonly signal?: AbortSignal | undefined } & (
  | { /** True for a source of the command line, which may open anything. */ readonly trusted: boolean }
  | { /** Checks the source instead of the rules for cameras. */ readonly check: () => Promise<ResolvedSource> }
);

/** How long a source may take to deliver a frame, in milliseconds: some cameras send a keyframe every 20 s. */
const limit = 25_000;
/** How long frames are counted after the first one, in milliseconds: sources state rates that they do not keep. */
const measuring = 1_200;
/** A slow source is measured for longer, until its second frame arrives. */
const longestMeasuring = 2_500;

/** A frame and the format of its source. */
type Captured = VideoFormat & { readonly jpeg: Buffer; readonly measuredFps: number | null };

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
  async probe(text: string | Source, { signal, ...how }: ProbeOptions): Promise<ProbeResult> {
    try {
      const abort = AbortSignal.any([AbortSignal.timeout(limit), ...(signal === undefined ? [] : [signal])]);
      const source = typeof text === 'string' ? parseSource(text) : text;
      const resolve = 'check' in how ? how.check : () => this.#rules.check(source, how);
      const { jpeg, measuredFps, fps, ...video } = await this.#capture(source, resolve, abort);
      return { ok: true, ...video, fps: measuredFps, claimedFps: fps, jpeg };
    } catch (error) {
      return { ok: false, problem: asPortholeError(error).toJSON() };
    }
  }

  async #capture(source: Source, resolve: () => Promise<ResolvedSource>, abort: AbortSignal): Promise<Captured> {
    const { promise, resolve: give, reject } = Promise.withResolvers<Captured>();
    const giveUp = (): void => reject(new PortholeError('camera_silent', { message: silence.probed }));
    if (abort.aborted) giveUp();
    abort.addEventListener('abort', giveUp, { once: true });
    let video: VideoFormat | null = null;
    let first: Frame | null = null;
    let last: Frame | null = null;
    let timer: NodeJS.Timeout | undefined;
    const finish = (): void => {
      if (video !== null && first !== null) give({ ...video, jpeg: first.bytes, measuredFps: rateOf(first, last) });
    };
    // The first frame may come before its format, and the other way round.
    const look = (): void => {
      if (video === null || first === null || timer !== undefined) return;
      timer = setTimeout(() => {
        if (last === first) timer = setTimeout(finish, longestMeasuring - measuring);
        else finish();
      }, measuring);
    };
    const attempt = CaptureAttempt.start({
      resolve,
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
          first ??= each;
          last = each;
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
      clearTimeout(timer);
      await attempt.stop();
    }
  }
}

/**
 * The rate between two frames, in frames per second, to one decimal. Frames that were not delivered count too: the
 * sequence number has gaps for them.
 */
function rateOf(first: Frame, last: Frame | null): number | null {
  const ms = (last?.capturedAt ?? 0) - first.capturedAt;
  const frames = (last?.sequence ?? 0) - first.sequence;
  return ms <= 0 || frames <= 0 ? null : Math.round((frames / ms) * 10_000) / 10;
}
