/** Events of {@link Demand}. */
export interface DemandEvents {
  /** Called for every new demand. */
  readonly wanted: () => void;
  /** Called when all demand has been released for the grace time. */
  readonly idle: () => void;
}

/** Counts the demands for a camera, and keeps it open for a grace time after the last one was released. */
export class Demand {
  readonly #grace: number;
  readonly #events: DemandEvents;
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param grace in milliseconds */
  constructor(grace: number, events: DemandEvents) {
    this.#grace = grace;
    this.#events = events;
  }

  /** True while a demand has not been released; the grace time does not count. */
  get exists(): boolean {
    return this.#count > 0;
  }

  /**
   * Adds a demand.
   *
   * @returns a function that releases it. Calling it again does nothing.
   */
  add(): () => void {
    this.#count += 1;
    clearTimeout(this.#timer);
    this.#events.wanted();
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#count -= 1;
      if (this.#count > 0) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(this.#events.idle, this.#grace);
    };
  }

  /** Reports nothing further. */
  close(): void {
    clearTimeout(this.#timer);
  }
}
