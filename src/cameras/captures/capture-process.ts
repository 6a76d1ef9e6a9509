import { fork, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { devicePipeDescriptor, FrameReader, framePipeDescriptor } from '../../channel/frames.ts';
import { PassingMemory } from '../../channel/passing-memory.ts';
import type { ControlReply, FromCapture, VideoFormat, ToCapture, WantedRendition } from '../../channel/messages.ts';
import type { Control, ControlRequest } from '../../domain/control.ts';
import { PortholeError, problemError, type Problem } from '../../domain/errors.ts';
import type { Frame } from '../../domain/frame.ts';
import type { Logger } from '../../domain/logger.ts';
import { readPipe } from './pipe-reader.ts';

const entry = fileURLToPath(new URL('../../capture/main.ts', import.meta.url));

/** A capture handles each picture once: young objects need little room, and a heap that grows only costs memory. */
const smallHeap = ['--max-semi-space-size=1', '--expose-gc'];

/** How long a capture process may take to end before it is killed, in milliseconds. */
const closeLimit = 1_000;
/** How long a driver may take to read or set its controls, in milliseconds. */
const controlLimit = 5_000;

/** What a capture process tells its supervisor. Nothing is told after `exited`. */
export interface CaptureEvents {
  /** The process runs, and opens the source now. */
  opening(): void;
  /** The source is open and its first picture is here. */
  ready(video: VideoFormat): void;
  /** The picture has another size now. */
  changed(video: VideoFormat): void;
  frame(rendition: number, frame: Frame): void;
  /** Counts since the last call, about once a second. */
  statistics(message: Extract<FromCapture, { type: 'stats' }>): void;
  /** The process has ended and its device is free. `problem` is what it said; null if it died without a word. */
  exited(problem: Problem | null, how: string): void;
}

/** A Capture: the process that reads one open Camera. It runs until it fails or is closed. */
export class CaptureProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  /** The control requests that wait for their answers, by number. */
  readonly #asked = new Map<number, (reply: ControlReply) => void>();
  #nextRequest = 0;
  #closing = false;

  /** Starts a process and lets it open the source. */
  constructor(open: Omit<Extract<ToCapture, { type: 'open' }>, 'type'>, events: CaptureEvents, log: Logger) {
    const child = fork(entry, [], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe', 'pipe'],
      execArgv: ['--disable-warning=ExperimentalWarning', ...smallHeap],
      serialization: 'json',
    });
    this.#child = child;
    let problem: Problem | null = null;
    const memory = new PassingMemory();
    for (const descriptor of [framePipeDescriptor, devicePipeDescriptor]) {
      const reader = new FrameReader((rendition, frame) => events.frame(rendition, frame));
      readPipe(child.stdio[descriptor] as Readable, (bytes) => {
        if (this.#closing) return;
        try {
          reader.push(bytes);
          memory.took(bytes.length); // the picture that was made of it
        } catch (error) {
          log.error({ err: error }, 'capture sent rubbish');
          this.kill();
        }
      });
    }
    child.on('message', (message: FromCapture) => {
      switch (message.type) {
        case 'opening':
          return events.opening();
        case 'ready':
          return events.ready(message.video);
        case 'changed':
          return events.changed(message.video);
        case 'stats':
          return events.statistics(message);
        case 'controls':
          return this.#asked.get(message.number)?.(message.reply);
        case 'failed':
          problem = message.problem;
          return undefined;
        case 'log':
          return log[message.level]({ from: 'ffmpeg' }, message.text);
        default:
          message satisfies never;
          return undefined;
      }
    });
    child.on('error', (error) => log.error({ err: error }, 'capture process could not be used'));
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => log.warn({ from: 'capture' }, line));
    }
    this.#exited = new Promise((resolve) => {
      let done = false;
      const finish = (how: string): void => {
        if (done) return;
        done = true;
        resolve();
        events.exited(problem, how);
      };
      child.once('exit', (code, signal) => finish(signal ?? `exit code ${code}`));
      // A process that could not be started at all has no exit.
      child.once('error', (error) => child.pid === undefined && finish(error.message));
    });
    this.#send({ type: 'open', ...open });
  }

  /** The process's id; undefined if it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Changes the Renditions in demand. */
  want(renditions: readonly WantedRendition[]): void {
    this.#send({ type: 'renditions', renditions });
  }

  /** Asks for a keyframe of a Rendition. */
  requestKeyframe(rendition: number): void {
    this.#send({ type: 'keyframe', rendition });
  }

  /**
   * Reads or sets the controls of the device that it has open.
   *
   * @throws {PortholeError} `invalid_input` for a bad value, `camera_failed` when there is no answer.
   */
  async controls(request: ControlRequest): Promise<readonly Control[]> {
    const number = (this.#nextRequest += 1);
    const { promise, resolve } = Promise.withResolvers<ControlReply>();
    const fail = (detail: string): void =>
      resolve({ ok: false, problem: new PortholeError('camera_failed', { detail }).toJSON() });
    const timer = setTimeout(() => fail('no answer about the controls'), controlLimit);
    void this.#exited.then(() => fail('the camera was closed'));
    this.#asked.set(number, resolve);
    this.#send({ type: 'controls', number, request });
    const reply = await promise;
    clearTimeout(timer);
    this.#asked.delete(number);
    if (!reply.ok) throw problemError(reply.problem);
    return reply.controls;
  }

  /** Ends the process at once. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Ends the process, kindly at first. Resolves when it has ended and the device is free. Idempotent. */
  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#send({ type: 'close' });
      const timer = setTimeout(() => this.kill(), closeLimit);
      void this.#exited.then(() => clearTimeout(timer));
    }
    await this.#exited;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #send(message: ToCapture): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }
}
