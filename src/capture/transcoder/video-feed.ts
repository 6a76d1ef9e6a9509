import type { FromTranscoder } from '../../channel/transcoding.ts';
import { asPortholeError } from '../../domain/errors.ts';
import type { Frame } from '../../domain/media/frame.ts';
import type { DropReason, WantedRendition } from '../../domain/media/media.ts';
import type { VideoTrack } from '../../domain/media/tracks.ts';
import type { Sentence } from '../../messages/sentence.ts';
import type { H264Encoders } from '../encode/h264-encoders.ts';
import type { CaptureOutput } from '../output.ts';
import { Pipeline } from '../pipeline.ts';
import { FedSource } from './fed-source.ts';
import type { Feed } from './feed.ts';

/** Tells the server about a {@link VideoFeed}, without the number of the feed. */
type Tell = (
  message:
    | Omit<Extract<FromTranscoder, { type: 'warning' }>, 'feed'>
    | Omit<Extract<FromTranscoder, { type: 'dropped' }>, 'feed'>
    | Omit<Extract<FromTranscoder, { type: 'failed' }>, 'feed'>,
) => void;

/** A video track, in a separate {@link Pipeline}. */
export class VideoFeed implements Feed {
  readonly #source: FedSource;
  readonly #pipeline: Pipeline;
  readonly #tell: Tell;
  #warning: string | Sentence | null = null;
  #closed = false;

  constructor(track: VideoTrack, output: Pick<CaptureOutput, 'frame' | 'warn'>, h264: H264Encoders, tell: Tell) {
    this.#tell = tell;
    this.#source = new FedSource(track, (count) => this.#pipeline.countDrop('encoder', count));
    this.#pipeline = new Pipeline(this.#source, { ...output, report: (message) => this.#report(message) }, h264);
  }

  /** Decodes until it is closed or fails, which it tells. */
  async run(): Promise<void> {
    await this.#pipeline.run().catch((error: unknown) => {
      if (!this.#closed) this.#tell({ type: 'failed', problem: asPortholeError(error).toJSON() });
    });
  }

  take(frame: Frame): void {
    this.#source.take(frame);
  }

  want(renditions: readonly WantedRendition[]): void {
    this.#pipeline.want(renditions);
  }

  requestKeyframe(rendition: number): void {
    this.#pipeline.requestKeyframe(rendition);
  }

  countDrop(reason: DropReason): void {
    this.#pipeline.countDrop(reason);
  }

  close(): void {
    this.#closed = true;
    void this.#source.close();
  }

  #report(message: Parameters<CaptureOutput['report']>[0]): void {
    if (this.#closed) return;
    if (message.type === 'stats') {
      if (Object.keys(message.dropped).length > 0) this.#tell({ type: 'dropped', dropped: message.dropped });
      return;
    }
    const { warning = null } = message.video;
    if (JSON.stringify(warning) === JSON.stringify(this.#warning)) return;
    this.#warning = warning;
    this.#tell({ type: 'warning', warning });
  }
}
