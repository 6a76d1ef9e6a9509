/** Does one piece of work at a time, always the newest there is: what comes meanwhile waits, and replaces what waited. */
export class LatestOnly<T> {
  readonly #work: (item: T) => Promise<void>;
  readonly #replaced: (item: T) => void;
  #waiting: { readonly item: T } | null = null;
  #running: Promise<void> | null = null;
  #error: Error | null = null;

  /**
   * @param work what is done with an item
   * @param replaced called for each item that a newer one replaced, and for the one that waits at the end
   */
  constructor(work: (item: T) => Promise<void>, replaced: (item: T) => void) {
    this.#work = work;
    this.#replaced = replaced;
  }

  /** Why the work has failed; then nothing more is done. */
  get error(): Error | null {
    return this.#error;
  }

  /** Takes an item; never waits. */
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

  /** Gives up what waits; resolves when nothing is being done any more. */
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
