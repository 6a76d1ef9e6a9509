import { flushCompileCache, getCompileCacheDir } from 'node:module';
import { framePipeDescriptor } from '../channel/frames.ts';
import { UnusedMemory } from '../channel/unused-memory.ts';
import type { WantedRendition } from '../domain/media/media.ts';
import type { ControlReply, FromCapture, ToCapture } from '../channel/messages.ts';
import type { ControlRequest } from '../domain/cameras/control.ts';
import { asPortholeError } from '../domain/errors.ts';
import type { Frame } from '../domain/media/frame.ts';
import type { H264EncoderChoice } from '../domain/media/h264-encoder.ts';
import { PassthroughRunner, type Running } from './passthrough.ts';
import { FramePipe } from '../channel/frame-pipe.ts';
import type { CaptureOutput } from './output.ts';
import type { Pipeline } from './pipeline.ts';
import type { OpenSource } from './source.ts';
import { enterSandbox } from './sandbox.ts';
import { openSource } from './sources/registry.ts';

/**
 * The capture process. It opens one source on the server's request and delivers its Frames until the source fails or
 * the server asks to close it, and reports the reason before it exits. It also exits when the server is gone, so that
 * no device stays open after a crash.
 */

let source: OpenSource | null = null;
let pipeline: Running | null = null;
let wanted: readonly WantedRendition[] = [];
let closing = false;

/**
 * How long closing a source may take before the process kills itself, in milliseconds. The kernel then closes the
 * device.
 */
const closeLimit = 500;

function tell(message: FromCapture): void {
  if (process.connected) process.send?.(message);
}

/** Forwards a report. By the first frame every module is loaded, so their compiled code is saved for other captures. */
function report(message: Extract<FromCapture, { type: 'ready' | 'changed' | 'stats' }>): void {
  tell(message);
  if (message.type !== 'ready') return;
  flushCompileCache();
  UnusedMemory.start();
}

function warn(text: string): void {
  tell({ type: 'log', level: 'warn', text });
}

/** Sends the last message, then calls `end`. */
function tellLast(message: FromCapture, end: () => void): void {
  if (!process.connected || process.send === undefined) end();
  else process.send(message, end);
}

/**
 * Kills this process. A normal exit would wait for threads, and a hung driver may never finish a read. There is nothing
 * to save, and the kernel closes the device.
 */
function kill(): void {
  process.kill(process.pid, 'SIGKILL');
}

async function close(): Promise<void> {
  if (closing) return;
  closing = true;
  // Opening may never finish.
  if (source === null) kill();
  setTimeout(kill, closeLimit).unref();
  await source?.close().catch(() => undefined);
  process.exit(0);
}

/** Returns a function that loads FFmpeg's libraries and creates a Pipeline. Not every source needs one. */
function pipelineLoader(from: OpenSource, output: CaptureOutput, choice: H264EncoderChoice): () => Promise<Pipeline> {
  return async () => {
    const [{ Pipeline }, { H264Encoders }] = await Promise.all([
      import('./pipeline.ts'),
      import('./encode/h264-encoders.ts'),
    ]);
    return new Pipeline(from, output, new H264Encoders(choice, warn));
  };
}

/** The camera's data is parsed from now on. Before any work in the background, whose threads would stay outside. */
function confine({ source: { source }, hidden }: Extract<ToCapture, { type: 'open' }>): void {
  const cache = getCompileCacheDir();
  const readable = source.kind === 'file' ? [source.path] : [];
  enterSandbox({ hidden, readable, writable: cache === undefined ? [] : [cache] });
}

async function open(message: Extract<ToCapture, { type: 'open' }>): Promise<void> {
  wanted = message.renditions;
  confine(message);
  tell({ type: 'opening' });
  try {
    source = await openSource(message.source);
    const pipe = FramePipe.open(framePipeDescriptor, {
      dropped: () => pipeline?.countDrop('pipe'),
      needsKeyframe: (id) => pipeline?.requestKeyframe(id),
    });
    const output = { frame: (id: number, frame: Frame) => pipe.send(id, frame), warn, report };
    const { passthrough } = source;
    const load = pipelineLoader(source, output, message.h264Encoder);
    pipeline = passthrough === undefined ? await load() : new PassthroughRunner(source, passthrough, output, load);
    pipeline.want(wanted);
    await pipeline.run();
  } catch (error) {
    if (closing) return;
    closing = true;
    const problem = asPortholeError(error);
    if (problem.code === 'internal') console.error(error);
    // A thread stuck in a hung driver would block a normal exit.
    setTimeout(() => tellLast({ type: 'failed', problem: problem.toJSON() }, kill), closeLimit).unref();
    await source?.close().catch(() => undefined);
    tellLast({ type: 'failed', problem: problem.toJSON() }, () => process.exit(1));
  }
}

function answer(request: ControlRequest): ControlReply {
  try {
    return { ok: true, controls: source?.controls?.(request) ?? [] };
  } catch (error) {
    return { ok: false, problem: asPortholeError(error).toJSON() };
  }
}

process.on('message', (message: ToCapture) => {
  switch (message.type) {
    case 'open':
      void open(message);
      break;
    case 'renditions':
      wanted = message.renditions;
      pipeline?.want(wanted);
      break;
    case 'keyframe':
      pipeline?.requestKeyframe(message.rendition);
      break;
    case 'controls':
      tell({ type: 'controls', number: message.number, reply: answer(message.request) });
      break;
    case 'close':
      void close();
      break;
    default:
      message satisfies never;
  }
});
process.on('disconnect', kill);
// Ctrl-C in a terminal reaches both processes, but the server decides when captures end.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => void close());
