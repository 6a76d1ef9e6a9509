import { Worker, type WorkerOptions } from 'node:worker_threads';
import { PortholeError } from '../../domain/errors.ts';
import { sentence } from '../../messages/sentence.ts';
import { searchWords } from '../../text/address-search-words.ts';
import type { OnvifOrder, OnvifReply, OnvifStream } from './onvif-messages.ts';

/** How long a device may take for everything, in milliseconds. */
const limit = 12_000;
/** The limits of a thread that speaks with a device. Sizes are in megabytes. */
export const threadLimits: WorkerOptions = {
  resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8, stackSizeMb: 4 },
  env: {},
  stdout: true,
  stderr: true,
};
/** The width that a sub-stream should have, in pixels. */
const smallWidth = 640;

/** The streams of a camera, without login. */
export interface CameraStreams {
  readonly main: string;
  /** The smaller one; null without. */
  readonly sub: string | null;
}

/**
 * Asks an ONVIF device for its streams, in a thread of its own.
 *
 * @throws {PortholeError} `source_unauthorized` with the field `user` or `password`, or `camera_failed`.
 */
export async function askForStreams(order: OnvifOrder, signal: AbortSignal): Promise<CameraStreams> {
  const reply = await run(order, signal);
  if (!reply.ok) throw problemOf(reply.detail, order);
  const chosen = chooseStreams(reply.streams, order.host);
  if (chosen === null) throw failed('the device has no RTSP stream');
  return chosen;
}

/** The largest stream, and a smaller one of about {@link smallWidth}. Devices may name a host that they no longer have. */
export function chooseStreams(streams: readonly OnvifStream[], host: string): CameraStreams | null {
  const usable = streams.flatMap(({ uri, width }) => {
    const [, scheme, port = '', path = ''] =
      /^(rtsps?):\/\/(?:[^/@\s]*@)?(?:\[[^\]\s]*\]|[^/:\s]+)(:\d+)?(\/\S*)?$/i.exec(uri) ?? [];
    return scheme === undefined ? [] : [{ uri: `${scheme.toLowerCase()}://${host}${port}${path}`, width }];
  });
  const [main] = usable.toSorted((a, b) => b.width - a.width);
  if (main === undefined) return null;
  const smaller = usable.filter(({ uri, width }) => width > 0 && width < main.width && uri !== main.uri);
  const [sub] = smaller.toSorted((a, b) => Math.abs(a.width - smallWidth) - Math.abs(b.width - smallWidth));
  return { main: main.uri, sub: sub?.uri ?? null };
}

async function run(order: OnvifOrder, signal: AbortSignal): Promise<OnvifReply> {
  const worker = new Worker(new URL('onvif-thread.ts', import.meta.url), { workerData: order, ...threadLimits });
  const stop = AbortSignal.any([signal, AbortSignal.timeout(limit)]);
  try {
    return await new Promise<OnvifReply>((resolve) => {
      const fail = (detail: string): void => resolve({ ok: false, detail });
      worker.once('message', resolve);
      worker.once('error', (error: Error) => fail(error.message));
      worker.once('exit', () => fail('the thread ended'));
      stop.addEventListener('abort', () => fail('Network timeout'), { once: true });
      if (stop.aborted) fail('Network timeout');
    });
  } finally {
    await worker.terminate();
  }
}

function problemOf(detail: string, { host, user }: OnvifOrder): PortholeError {
  if (!/authori[sz]|authentic|not permitted|401/i.test(detail)) return failed(detail);
  const { loginWrong, loginMissing } = searchWords;
  const message = user === '' ? loginMissing(host) : loginWrong(host);
  return new PortholeError('source_unauthorized', { message, field: user === '' ? 'user' : 'password', detail });
}

function failed(detail: string): PortholeError {
  return new PortholeError('camera_failed', { message: sentence('camera_onvif_failed'), field: 'source', detail });
}
