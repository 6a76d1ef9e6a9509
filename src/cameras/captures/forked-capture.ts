import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { devicePipeDescriptor, FrameReader, framePipeDescriptor } from '../../channel/frames.ts';
import type { WantedRendition } from '../../domain/media/media.ts';
import type { ControlReply, FromCapture, ToCapture } from '../../channel/messages.ts';
import { PassingMemory } from '../../channel/passing-memory.ts';
import type { Control, ControlRequest } from '../../domain/cameras/control.ts';
import { inMegabytes } from '../../domain/cameras/camera-limits.ts';
import { PortholeError, problemError, type Problem } from '../../domain/errors.ts';
import type { H264EncoderChoice } from '../../domain/media/h264-encoder.ts';
import { type AddressHider, hiderOf } from '../../domain/cameras/hidden-address.ts';
import type { Logger } from '../../domain/logger.ts';
import { type ChildEnvironment, forkProcess } from './fork-process.ts';
import type { Capture, CaptureEvents, CaptureOptions, Captures, OpenCapture } from './capture.ts';
import { LineLimit } from './line-limit.ts';
import { MemoryWatch } from './memory-watch.ts';
import { readPipe } from './pipe-reader.ts';
import { shownProblem } from './shown-problem.ts';

const entry = fileURLToPath(new URL('../../capture/main.ts', import.meta.url));

/** A capture process handles each frame once: a small young generation is enough, a larger one only costs memory. */
const smallHeap = ['--max-semi-space-size=1', '--expose-gc'];

/** How long a capture process may take to exit before it is killed, in milliseconds. */
const closeLimit = 1_000;
/** How long a driver may take to read or set its controls, in milliseconds. */
const controlLimit = 5_000;

/**
 * Opens sources of every kind in child processes, which load FFmpeg and talk to drivers: a crash there ends one Capture.
 *
 * @param hidden the server's own files and folders, which these processes cannot read where the kernel has Landlock
 * @param memory how much one process may use, in bytes; null for the default of {@link MemoryWatch}
 */
export function forkedCaptures(
  h264Encoder: H264EncoderChoice,
  environment: ChildEnvironment,
  memory: number | null,
  hidden: readonly string[] = [],
): Captures {
  /** The limit of each camera, by its logger. It outlives the camera's captures. */
  const limits = new WeakMap<Logger, LineLimit<LogLevel>>();
  const open: OpenCapture = (options) => {
    const { log } = options;
    const lines = limits.get(log) ?? new LineLimit((level, text) => log[level]({ from: 'capture' }, text));
    limits.set(log, lines);
    return ForkedCapture.open(options, { h264Encoder, environment, memory, hidden, lines });
  };
  return { test: open, v4l2: open, rtsp: open, http: open, file: open };
}

type LogLevel = Extract<FromCapture, { readonly type: 'log' }>['level'];

/** A Capture in a child process. */
export class ForkedCapture implements Capture {
  readonly #child: ChildProcess;
  readonly #events: CaptureEvents;
  readonly #log: Logger;
  readonly #hider: AddressHider;
  readonly #lines: LineLimit<LogLevel>;
  readonly #exited: Promise<void>;
  readonly #finish: () => void;
  /** Resolves each pending control request, by its number. */
  readonly #requests = new Map<number, (reply: ControlReply) => void>();
  #nextRequest = 0;
  #problem: Problem | null = null;
  #closing = false;

  private constructor(child: ChildProcess, { source, events, log }: CaptureOptions, lines: LineLimit<LogLevel>) {
    this.#child = child;
    this.#events = events;
    this.#log = log;
    this.#hider = hiderOf(source.source);
    this.#lines = lines;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#exited = promise;
    this.#finish = resolve;
  }

  /**
   * Forks a process and has it open the source.
   *
   * @throws {PortholeError} `out_of_resources` without a process.
   */
  static open(
    options: CaptureOptions,
    process: {
      readonly h264Encoder: H264EncoderChoice;
      readonly environment: ChildEnvironment;
      readonly memory: number | null;
      readonly hidden: readonly string[];
      readonly lines: LineLimit<LogLevel>;
    },
  ): Capture {
    const { h264Encoder, environment, memory, hidden, lines } = process;
    const { source, renditions, signal } = options;
    const child = forkProcess(entry, [], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe', 'pipe'],
      execArgv: ['--disable-warning=ExperimentalWarning', ...smallHeap],
      env: environment,
      serialization: 'json',
    });
    const capture = new ForkedCapture(child, options, lines);
    capture.#readFrames();
    child.on('message', (message: FromCapture) => capture.#handle(message));
    capture.#watchExit();
    capture.#watchMemory(memory);
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => capture.#print('capture', 'warn', line));
    }
    capture.#send({ type: 'open', source, renditions, h264Encoder, hidden });
    const abort = (): void => void capture.close();
    signal.addEventListener('abort', abort, { once: true });
    void capture.#exited.then(() => signal.removeEventListener('abort', abort));
    if (signal.aborted) abort();
    return capture;
  }

  /** The process id; undefined if the process could not be started. */
  get facts(): { readonly pid: number | undefined } {
    return { pid: this.#child.pid };
  }

  want(renditions: readonly WantedRendition[]): void {
    this.#send({ type: 'renditions', renditions });
  }

  requestKeyframe(rendition: number): void {
    this.#send({ type: 'keyframe', rendition });
  }

  async controls(request: ControlRequest): Promise<readonly Control[]> {
    const number = (this.#nextRequest += 1);
    const { promise, resolve } = Promise.withResolvers<ControlReply>();
    const fail = (detail: string): void =>
      resolve({ ok: false, problem: new PortholeError('camera_failed', { detail }).toJSON() });
    const timer = setTimeout(() => fail('no answer about the controls'), controlLimit);
    void this.#exited.then(() => fail('the camera was closed'));
    this.#requests.set(number, resolve);
    this.#send({ type: 'controls', number, request });
    const reply = await promise;
    clearTimeout(timer);
    this.#requests.delete(number);
    if (!reply.ok) throw problemError(reply.problem);
    return reply.controls;
  }

  /** Asks the process to exit, and kills it if it doesn't. */
  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#send({ type: 'close' });
      const timer = setTimeout(() => this.#kill(), closeLimit);
      void this.#exited.then(() => clearTimeout(timer));
    }
    await this.#exited;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #readFrames(): void {
    const memory = new PassingMemory();
    for (const descriptor of [framePipeDescriptor, devicePipeDescriptor]) {
      const reader = new FrameReader((rendition, frame) => this.#events.frame(rendition, frame));
      readPipe(this.#child.stdio[descriptor] as Readable, (bytes) => {
        if (this.#closing) return;
        try {
          reader.push(bytes);
          memory.took(2 * bytes.length); // a frame, and an output's copy of it
        } catch (error) {
          this.#log.error({ err: error }, 'invalid data from the capture process');
          this.#kill();
        }
      });
    }
  }

  #handle(message: FromCapture): void {
    switch (message.type) {
      case 'opening':
        return this.#events.opening();
      case 'ready':
        return this.#events.ready(message.video);
      case 'changed':
        return this.#events.changed(message.video);
      case 'stats':
        return this.#events.stats(message);
      case 'controls':
        return this.#requests.get(message.number)?.(message.reply);
      case 'failed':
        this.#problem = shownProblem(message.problem, this.#hider);
        return undefined;
      case 'log':
        return this.#print('ffmpeg', message.level, message.text);
      default:
        message satisfies never;
        return undefined;
    }
  }

  #print(from: 'capture' | 'ffmpeg', level: LogLevel, line: string): void {
    if (this.#lines.allows(level)) this.#log[level]({ from }, this.#hider.line(line));
  }

  #watchExit(): void {
    const child = this.#child;
    let done = false;
    const finish = (detail: string): void => {
      if (done) return;
      done = true;
      this.#finish();
      if (this.#closing) this.#events.ended({ reason: 'closed' });
      else if (this.#problem === null) this.#events.ended({ reason: 'died', detail });
      else this.#events.ended({ reason: 'failed', problem: this.#problem, detail });
    };
    child.once('exit', (code, signal) => {
      const exited = (): void => finish(signal ?? `exit code ${code}`);
      // The exit may be noticed before the last message, which gives the reason.
      if (child.connected) child.once('disconnect', exited);
      else exited();
    });
    child.on('error', (error) => {
      this.#log.error({ err: error }, 'capture process error');
      // A process that could not be started never exits.
      if (child.pid === undefined) finish(error.message);
    });
  }

  #watchMemory(most: number | null): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    const watch = MemoryWatch.start(pid, most, (bytes) => {
      this.#problem ??= new PortholeError('capture_memory', { detail: inMegabytes(bytes) }).toJSON();
      this.#kill();
    });
    void this.#exited.then(() => watch[Symbol.dispose]());
  }

  #kill(): void {
    this.#child.kill('SIGKILL');
  }

  #send(message: ToCapture): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }
}
