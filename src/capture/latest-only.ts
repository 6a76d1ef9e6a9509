/**
 * Processes one item at a time, always the latest. An item that arrives meanwhile waits, and replaces the waiting one.
 */
export class LatestOnly<T> {
  readonly #work: (item: T) => Promise<void>;
  readonly #replaced: (item: T) => void;
  #waiting: { readonly item: T } | null = null;
  #running: Promise<void> | null = null;
  #error: Error | null = null;

  /**
   * @param work processes one item
   * @param replaced receives each item that a newer one replaced, and the one still waiting at the end
   */
  constructor(work: (item: T) => Promise<void>, replaced: (item: T) => void) {
    this.#work = work;
    this.#replaced = replaced;
  }

  /** The error that `work` failed with; null while it has not failed. No item is processed after a failure. */
  get error(): Error | null {
    return this.#error;
  }

  /** Takes an item. Never waits. */
  push(item: T): void {
    if (this.#waiting !== null) this.#replaced(this.#waiting.item);
    this.#waiting = { item };
    this.#running ??= this.#run()
      .catch((error: unknown) => {
        this.#error = error instanceof Error ? error : new Error(String(error));
      })
      .finally(() => {
        this.#running = null;
      });
  }

  /** Discards the waiting item, and resolves when the current one is finished. */
  async end(): Promise<void> {
    if (this.#waiting !== null) this.#replaced(this.#waiting.item);
    this.#waiting = null;
    await this.#running;
  }

  async #run(): Promise<void> {
    for (;;) {
      const waiting = this.#waiting;
      this.#waiting = null;
      if (waiting === null) return;
      await this.#work(waiting.item);
    }
  }
}
