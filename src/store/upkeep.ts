import type { Logger } from 'pino';

/** How often it runs, in milliseconds. */
const interval = 3_600_000;

/** Removes old rows: at the start, and then every hour. */
export class Upkeep {
  readonly #work: () => Promise<void>;
  readonly #log: Logger;
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void>;

  private constructor(work: () => Promise<void>, log: Logger) {
    this.#work = work;
    this.#log = log;
    this.#running = this.#run();
    const again = (): void => {
      this.#running = this.#running.then(() => this.#run());
    };
    this.#timer = setInterval(again, interval).unref();
  }

  static start(work: () => Promise<void>, log: Logger): Upkeep {
    return new Upkeep(work, log);
  }

  /** Stops it. Resolves when the last run has finished. Idempotent. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      await this.#work();
    } catch (error) {
      this.#log.warn({ err: error }, 'old rows could not be removed');
    }
  }
}
