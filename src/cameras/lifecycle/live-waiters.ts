import { PortholeError } from '../../domain/errors.ts';
import { sentence } from '../../messages/sentence.ts';

/** Callers that wait for a camera to become live. */
export class LiveWaiters {
  readonly #waiters = new Set<(failure: PortholeError | null) => void>();

  /**
   * Waits until {@link settle} is called.
   *
   * @throws {PortholeError} the failure, or the signal's reason once it aborts.
   */
  async wait(signal?: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<PortholeError | null>();
    const abort = (): void => {
      const reason: unknown = signal?.reason;
      const cancelled = new PortholeError('camera_failed', { message: sentence('camera_cancelled') });
      resolve(reason instanceof PortholeError ? reason : cancelled);
    };
    this.#waiters.add(resolve);
    if (signal?.aborted === true) abort();
    signal?.addEventListener('abort', abort, { once: true });
    const failure = await promise;
    this.#waiters.delete(resolve);
    signal?.removeEventListener('abort', abort);
    if (failure !== null) throw failure;
  }

  /** Ends every wait: null if the camera is live, else why it is not. */
  settle(failure: PortholeError | null): void {
    for (const waiter of this.#waiters) waiter(failure);
    this.#waiters.clear();
  }
}
