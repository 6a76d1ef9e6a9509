import { Worker } from 'node:worker_threads';
import type { Ptz } from '../../domain/cameras/ptz.ts';
import { threadLimits } from '../discovery/onvif-streams.ts';
import type { OnvifOrder } from '../discovery/onvif-messages.ts';
import type { PtzReply, PtzRequest } from './ptz-messages.ts';

/** How long a device may take for one request, in milliseconds. */
const requestLimit = 6_000;

/** An ONVIF device that can be moved, and the thread that speaks with it. One request at a time. */
export class PtzDevice {
  readonly #worker: Worker;
  /** How it can be moved. */
  readonly ptz: Ptz;

  private constructor(worker: Worker, ptz: Ptz) {
    this.#worker = worker;
    this.ptz = ptz;
  }

  /**
   * Connects to a device. Resolves with null if it cannot be moved.
   *
   * @throws {Error} why it does not answer.
   */
  static async open(order: OnvifOrder, signal: AbortSignal): Promise<PtzDevice | null> {
    const worker = new Worker(new URL('ptz-thread.ts', import.meta.url), { workerData: order, ...threadLimits });
    worker.on('error', () => undefined);
    const ptz = await answer(worker, signal).catch(async (error: unknown) => {
      await worker.terminate();
      throw error;
    });
    if (ptz) return new PtzDevice(worker, ptz);
    await worker.terminate();
    return null;
  }

  /** @throws {Error} why the device did not do it. */
  async send(request: PtzRequest): Promise<void> {
    const answered = answer(this.#worker, AbortSignal.timeout(requestLimit));
    this.#worker.postMessage(request);
    await answered;
  }

  /** Ends the thread. Idempotent. */
  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** The next message of the thread. */
async function answer(worker: Worker, signal: AbortSignal): Promise<Ptz | null | undefined> {
  const settled = new AbortController();
  const { signal: done } = settled;
  try {
    const reply = await new Promise<PtzReply>((resolve) => {
      const fail = (detail: string): void => resolve({ ok: false, detail });
      const listeners = {
        message: resolve,
        error: (error: Error) => fail(error.message),
        exit: () => fail('the thread ended'),
      };
      for (const [event, listener] of Object.entries(listeners)) {
        worker.on(event, listener);
        done.addEventListener('abort', () => worker.off(event, listener), { once: true });
      }
      signal.addEventListener('abort', () => fail('Network timeout'), { once: true, signal: done });
      if (signal.aborted) fail('Network timeout');
    });
    if (!reply.ok) throw new Error(reply.detail);
    return reply.ptz;
  } finally {
    settled.abort();
  }
}
