import { flushCompileCache } from 'node:module';
import { framePipeDescriptor } from '../channel/frames.ts';
import type { ControlReply, FromCapture, ToCapture, WantedRendition } from '../channel/messages.ts';
import type { ControlRequest } from '../domain/control.ts';
import { asPortholeError } from '../domain/errors.ts';
import type { Frame } from '../domain/frame.ts';
import type { H264EncoderChoice } from '../domain/h264-encoder.ts';
import { PassthroughRunner, type Running } from './passthrough.ts';
import { FramePipe } from './frame-pipe.ts';
import type { Pipeline, PipelineOutput } from './pipeline.ts';
import type { OpenSource } from './source.ts';
import { openSource } from './sources/registry.ts';

/**
 * The capture process: opens one source as the server asks, delivers its Frames until it fails or is told to close, and
 * says why before it exits. It exits too when the server is gone, so no device stays open behind a crash.
 */

let source: OpenSource | null = null;
let pipeline: Running | null = null;
let wanted: readonly WantedRendition[] = [];
let closing = false;

/** How long closing a source may take, in milliseconds, before the process just ends; the kernel closes the rest. */
const closeLimit = 500;

function tell(message: FromCapture): void {
  if (process.connected) process.send?.(message);
}

/** Tells what the pipeline reports; with its first picture everything is loaded, and compiled once for all captures. */
function report(message: Extract<FromCapture, { type: 'ready' | 'changed' | 'stats' }>): void {
  tell(message);
  if (message.type === 'ready') flushCompileCache();
}

function warn(text: string): void {
  tell({ type: 'log', level: 'warn', text });
}

/** Says the last words, and ends when they are on their way. */
function lastWords(message: FromCapture, end: () => void): void {
  if (!process.connected || process.send === undefined) end();
  else process.send(message, end);
}

/**
 * Ends this process whatever its threads do: an exit would wait for a read that a wedged driver never finishes. Nothing
 * here needs to be saved, and the kernel closes the device.
 */
function vanish(): void {
  process.kill(process.pid, 'SIGKILL');
}

async function close(): Promise<void> {
  if (closing) return;
  closing = true;
  // What is still being opened may never be.
  if (source === null) vanish();
  setTimeout(vanish, closeLimit).unref();
  await source?.close().catch(() => undefined);
  process.exit(0);
}

/** Makes what decodes and encodes; it brings FFmpeg's libraries with it, which not everybody needs. */
function pipelineMaker(from: OpenSource, output: PipelineOutput, choice: H264EncoderChoice): () => Promise<Pipeline> {
  return async () => {
    const [{ Pipeline }, { H264Encoders }] = await Promise.all([
      import('./pipeline.ts'),
      import('./encode/h264-encoders.ts'),
    ]);
    return new Pipeline(from, output, new H264Encoders(choice, warn));
  };
}

async function open(message: Extract<ToCapture, { type: 'open' }>): Promise<void> {
  wanted = message.renditions;
  tell({ type: 'opening' });
  try {
    source = await openSource(message.source);
    const pipe = new FramePipe(framePipeDescriptor, {
      dropped: () => pipeline?.countDrop('pipe'),
      needsKeyframe: (id) => pipeline?.requestKeyframe(id),
    });
    const output = { frame: (id: number, frame: Frame) => pipe.send(id, frame), warn, report };
    const { passthrough } = source;
    const load = pipelineMaker(source, output, message.h264Encoder);
    pipeline = passthrough === undefined ? await load() : new PassthroughRunner(source, passthrough, output, load);
    pipeline.want(wanted);
    await pipeline.run();
  } catch (error) {
    if (closing) return;
    closing = true;
    const problem = asPortholeError(error);
    if (problem.code === 'internal') console.error(error);
    // A thread that waits for a wedged driver would keep an exit waiting.
    setTimeout(() => lastWords({ type: 'failed', problem: problem.toJSON() }, vanish), closeLimit).unref();
    await source?.close().catch(() => undefined);
    lastWords({ type: 'failed', problem: problem.toJSON() }, () => process.exit(1));
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
process.on('disconnect', vanish);
// The server decides when captures end; a Ctrl-C in the terminal reaches both of us.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => void close());
