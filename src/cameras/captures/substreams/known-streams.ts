import type { ResolvedSource } from '../../../domain/cameras/source.ts';
import type { Problem } from '../../../domain/errors.ts';
import type { Logger } from '../../../domain/logger.ts';
import type { VideoFormat } from '../../../domain/media/media.ts';
import { type VideoCodec, widestStep } from '../../../domain/media/rendition.ts';

/** Most sub-streams are about this wide; before its first frame, one counts as that, in pixels. */
export const usualWidth = 640;

/** The streams of a camera that has two. */
export type StreamName = 'main' | 'sub';

/** One stream of a camera: its video and its last failure. It outlives the camera's Captures. */
export class KnownStream {
  /** Checks its address and looks up its host, before each opening. */
  readonly resolve: () => Promise<ResolvedSource>;
  /** The camera's log, which names the stream. */
  readonly log: Logger;
  /** Its video as last seen; null before its first frame. */
  video: VideoFormat | null = null;
  /** Why it failed last; null once it is live again. */
  problem: Problem | null = null;
  /** It is not opened before this time after a failure, in milliseconds on the monotonic clock. */
  dueAt = -Infinity;

  constructor(name: StreamName, log: Logger, resolve: () => Promise<ResolvedSource>) {
    this.resolve = resolve;
    const named =
      (level: keyof Logger) =>
      (facts: object, text: string): void =>
        log[level]({ stream: name, ...facts }, text);
    this.log = { debug: named('debug'), info: named('info'), warn: named('warn'), error: named('error') };
  }
}

/** The streams of a camera that has two. */
export class KnownStreams implements Readonly<Record<StreamName, KnownStream>> {
  readonly main: KnownStream;
  readonly sub: KnownStream;
  /** The stream that opens while no Rendition is in demand yet. */
  first: StreamName = 'sub';

  constructor(main: KnownStream, sub: KnownStream) {
    this.main = main;
    this.sub = sub;
  }

  /** The widest video that is passed through from the sub-stream. Before its first frame, this is what most have. */
  get small(): { readonly width: number; readonly codec: VideoCodec } {
    const { video } = this.sub;
    if (video === null) return { width: usualWidth, codec: 'h264' };
    return { width: widestStep(video.width), codec: video.passthrough ?? 'jpeg' };
  }

  /** A Rendition of this width is about to be in demand; undefined if it is not known yet. */
  expect(width: number | 'source' | undefined): void {
    const isLarge = width === 'source' || (width ?? 0) > (this.sub.video?.width ?? usualWidth);
    this.first = isLarge ? 'main' : 'sub';
  }
}
