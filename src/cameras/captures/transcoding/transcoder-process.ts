import type { ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { FramePipe } from '../../../channel/frame-pipe.ts';
import { feedPipeDescriptor, FrameReader, framePipeDescriptor } from '../../../channel/frames.ts';
import { PassingMemory } from '../../../channel/passing-memory.ts';
import type { FromTranscoder, ToTranscoder } from '../../../channel/transcoding.ts';
import { inMegabytes } from '../../../domain/cameras/camera-limits.ts';
import { PortholeError } from '../../../domain/errors.ts';
import type { Logger } from '../../../domain/logger.ts';
import type { H264EncoderChoice } from '../../../domain/media/h264-encoder.ts';
import type { Frame } from '../../../domain/media/frame.ts';
import type { DropReason, WantedRendition } from '../../../domain/media/media.ts';
import { type ChildEnvironment, forkProcess } from '../fork-process.ts';
import { LineLimit } from '../line-limit.ts';
import { MemoryWatch } from '../memory-watch.ts';
import { readPipe } from '../pipe-reader.ts';
import type { TranscodingEvents, TranscodingOptions } from './transcoding.ts';

const entry = fileURLToPath(new URL('../../../capture/transcoder/main.ts', import.meta.url));

type Level = Extract<FromTranscoder, { readonly type: 'log' }>['level'];

/** What transcoders are started with. */
export interface TranscoderOptions {
  readonly h264Encoder: H264EncoderChoice;
  readonly environment: ChildEnvironment;
  /** How much memory one may use, in bytes; null for the default of {@link MemoryWatch}. */
  readonly memory: number | null;
  /** The server's own files and folders, which transcoders cannot read where the kernel has Landlock. */
  readonly hidden: readonly string[];
  readonly log: Logger;
}

/** Events of a {@link TranscoderProcess}. */
export interface TranscoderProcessEvents {
  /** Its last feed has been closed. */
  unused(): void;
  /** It has ended although these cameras need it. */
  crashed(cameras: ReadonlySet<object>): void;
}

/** What happens to one feed of a {@link TranscoderProcess}. */
export interface FeedEvents extends TranscodingEvents {
  /** It takes frames from now on. */
  opened(): void;
  /** The process has ended, although it was needed. */
  died(error: PortholeError): void;
}

/** A child process that decodes and encodes tracks of several cameras. A crash there interrupts their Transcodings only. */
export class TranscoderProcess {
  readonly #child: ChildProcess;
  readonly #log: Logger;
  readonly #lines: LineLimit<Level>;
  readonly #input: FramePipe;
  readonly #events: TranscoderProcessEvents;
  readonly #feeds = new Map<number, Pick<TranscodingOptions, 'camera'> & { readonly events: FeedEvents }>();
  /** The feed that makes each Rendition. */
  readonly #feedOf = new Map<number, number>();
  #nextFeed = 0;
  #problem: PortholeError | null = null;
  /** Resolves once the process has ended. */
  readonly exited: Promise<void>;
  /** False once it has ended, or is being ended. */
  isUsable = true;

  private constructor(child: ChildProcess, { log }: TranscoderOptions, events: TranscoderProcessEvents) {
    this.#events = events;
    this.#child = child;
    this.#log = log;
    this.#lines = new LineLimit((level, text) => log[level]({ from: 'transcoder' }, text));
    // Node's types know five of a child's streams.
    const input = (child.stdio as readonly unknown[])[feedPipeDescriptor] as Writable;
    this.#input = FramePipe.open(input, {
      dropped: (feed) => this.#feeds.get(feed)?.events.dropped('encoder', 1),
      // The camera makes keyframes when it likes.
      needsKeyframe: () => undefined,
    });
    this.exited = new Promise((resolve) => {
      // An error without a process is thrown by forkProcess.
      child.on('error', (error) => log.error({ err: error }, 'transcoder error'));
      child.once('exit', (code, signal) => {
        this.#ended(signal ?? `exit code ${code}`);
        resolve();
      });
    });
  }

  /** @throws {PortholeError} `out_of_resources` without a process. */
  static start(options: TranscoderOptions, events: TranscoderProcessEvents): TranscoderProcess {
    const { h264Encoder, environment, hidden, memory } = options;
    const child = forkProcess(entry, [], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe', 'pipe'],
      // Each frame passes once: a larger young generation only costs memory.
      execArgv: ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=1', '--expose-gc'],
      // FFmpeg's calls run on libuv's threads, which are four by default, for all cameras together.
      env: { UV_THREADPOOL_SIZE: String(Math.max(4, availableParallelism())), ...environment },
      serialization: 'advanced',
    });
    const transcoder = new TranscoderProcess(child, options, events);
    transcoder.#readFrames();
    transcoder.#watchMemory(memory);
    child.on('message', (message: FromTranscoder) => transcoder.#handle(message));
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => transcoder.#print('transcoder', 'warn', line));
    }
    transcoder.#send({ type: 'start', h264Encoder, hidden });
    return transcoder;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The cameras that have a feed here. */
  get cameras(): ReadonlySet<object> {
    return new Set(Array.from(this.#feeds.values(), ({ camera }) => camera));
  }

  /** Opens a feed. @returns its number */
  open(
    { camera, track, renditions }: Pick<TranscodingOptions, 'camera' | 'track' | 'renditions'>,
    events: FeedEvents,
  ): number {
    const feed = (this.#nextFeed += 1);
    this.#feeds.set(feed, { camera, events });
    this.#route(feed, renditions);
    this.#send({ type: 'open', feed, track, renditions });
    return feed;
  }

  /** Changes the Renditions of a feed. */
  want(feed: number, renditions: readonly WantedRendition[]): void {
    this.#route(feed, renditions);
    this.#send({ type: 'renditions', feed, renditions });
  }

  /** Sends a frame to a feed that takes frames. */
  take(feed: number, frame: Frame): void {
    this.#input.send(feed, frame);
  }

  requestKeyframe(feed: number, rendition: number): void {
    this.#send({ type: 'keyframe', feed, rendition });
  }

  /** Closes a feed. Nothing more is reported of it. */
  close(feed: number): void {
    this.#forget(feed);
    this.#send({ type: 'close', feed });
  }

  /** Ends the process. It has nothing to save. */
  end(): void {
    this.isUsable = false;
    this.#child.kill('SIGKILL');
  }

  #route(feed: number, renditions: readonly WantedRendition[]): void {
    for (const [id, of] of this.#feedOf) if (of === feed) this.#feedOf.delete(id);
    for (const { id } of renditions) this.#feedOf.set(id, feed);
  }

  #forget(feed: number): void {
    this.#feeds.delete(feed);
    this.#route(feed, []);
    this.#input.forget(feed);
    if (this.#feeds.size === 0) this.#events.unused();
  }

  #readFrames(): void {
    const memory = new PassingMemory();
    const reader = new FrameReader((rendition, frame) => {
      this.#feeds.get(this.#feedOf.get(rendition) ?? 0)?.events.frame(rendition, frame);
    });
    readPipe(this.#child.stdio[framePipeDescriptor] as Readable, (bytes) => {
      if (!this.isUsable) return;
      try {
        reader.push(bytes);
        memory.took(2 * bytes.length); // a frame, and an output's copy of it
      } catch (error) {
        this.#log.error({ err: error }, 'invalid data from a transcoder');
        this.end();
      }
    });
  }

  #handle(message: FromTranscoder): void {
    if (message.type === 'log') return this.#print('ffmpeg', message.level, message.text);
    const events = this.#feeds.get(message.feed)?.events;
    switch (message.type) {
      case 'opened':
        return events?.opened();
      case 'dropped':
        for (const [reason, count] of Object.entries(message.dropped)) events?.dropped(reason as DropReason, count);
        return undefined;
      case 'warning':
        return events?.warning(message.warning ?? null);
      case 'failed':
        this.#forget(message.feed);
        return events?.failed(message.problem);
      default:
        return message satisfies never;
    }
  }

  #ended(detail: string): void {
    this.isUsable = false;
    const error = this.#problem ?? new PortholeError('capture_crashed', { detail });
    const feeds = [...this.#feeds.values()];
    if (feeds.length > 0) this.#events.crashed(this.cameras);
    this.#feeds.clear();
    for (const { events } of feeds) events.died(error);
  }

  #watchMemory(most: number | null): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    const watch = MemoryWatch.start(pid, most, (bytes) => {
      this.#problem = new PortholeError('capture_memory', { detail: inMegabytes(bytes) });
      this.end();
    });
    void this.exited.then(() => watch[Symbol.dispose]());
  }

  #print(from: 'transcoder' | 'ffmpeg', level: Level, line: string): void {
    if (this.#lines.allows(level)) this.#log[level]({ from, pid: this.pid }, line);
  }

  #send(message: ToTranscoder): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }
}
