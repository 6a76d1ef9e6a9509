import { monotonicNow } from '../../../domain/clock.ts';
import { TrackTranscoding } from './track-transcoding.ts';
import { TranscoderProcess, type TranscoderOptions } from './transcoder-process.ts';
import type { Transcoding, TranscodingOptions } from './transcoding.ts';

/** How long a process without work is kept, in milliseconds: the next one who needs it may be near. */
const grace = 2_000;
/** A camera shares its process with no other after this many crashes, */
const mostCrashes = 2;
/** none of which is longer ago than this before the next one, in milliseconds: it might be this camera that causes them. */
const suspicion = 300_000;

/** The child processes that decode and encode for cameras that are read in the server: started on demand, and shared. */
export class Transcoders {
  readonly #options: TranscoderOptions;
  readonly #mostCameras: number;
  readonly #processes = new Set<TranscoderProcess>();
  /** The crashes of processes that a camera used, and when the last one was, on the monotonic clock. */
  readonly #crashes = new WeakMap<object, { count: number; at: number }>();

  /** @param mostCameras how many cameras share one process */
  constructor(options: TranscoderOptions, mostCameras: number) {
    const { memory } = options;
    this.#options = { ...options, memory: memory === null ? null : memory * mostCameras };
    this.#mostCameras = mostCameras;
  }

  /** Opens a Transcoding, as `OpenTranscoding` says. */
  open(options: TranscodingOptions): Transcoding {
    const transcoding = new TrackTranscoding(options, (camera) => this.#choose(camera));
    transcoding.start();
    return transcoding;
  }

  /** Ends all processes. Resolves once they have ended. Idempotent. */
  async close(): Promise<void> {
    for (const process of this.#processes) process.end();
    await Promise.all(Array.from(this.#processes, ({ exited }) => exited));
  }

  #choose(camera: object): TranscoderProcess {
    const fitting = [...this.#processes].filter((process) => {
      const others = [...process.cameras].filter((each) => each !== camera);
      const most = [camera, ...others].some((each) => this.#isSuspect(each)) ? 1 : this.#mostCameras;
      return process.isUsable && others.length < most;
    });
    // Both tracks of a camera in one process, if possible.
    return fitting.find((process) => process.cameras.has(camera)) ?? fitting[0] ?? this.#start();
  }

  #isSuspect(camera: object): boolean {
    const crashes = this.#crashes.get(camera);
    return crashes !== undefined && crashes.count >= mostCrashes && monotonicNow() - crashes.at < suspicion;
  }

  #start(): TranscoderProcess {
    const process = TranscoderProcess.start(this.#options, {
      unused: () => this.#endSoonIfUnused(process),
      crashed: (cameras) => this.#noteCrash(cameras),
    });
    this.#processes.add(process);
    const { pid } = process;
    this.#options.log.info({ pid }, 'transcoder started');
    void process.exited.then(() => {
      this.#processes.delete(process);
      this.#options.log.info({ pid }, 'transcoder ended');
    });
    return process;
  }

  #noteCrash(cameras: ReadonlySet<object>): void {
    const at = monotonicNow();
    for (const camera of cameras) {
      const before = this.#crashes.get(camera);
      const count = before !== undefined && at - before.at < suspicion ? before.count : 0;
      this.#crashes.set(camera, { count: count + 1, at });
    }
  }

  #endSoonIfUnused(process: TranscoderProcess): void {
    setTimeout(() => {
      if (process.cameras.size === 0) process.end();
    }, grace).unref();
  }
}
