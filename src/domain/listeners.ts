/** Functions to call when something happens. */
export class Listeners<Event> {
  readonly #listeners = new Set<(event: Event) => void>();
  readonly #onError: (error: unknown) => void;

  /** @param onError handles the errors of listeners; by default {@link emit} throws them */
  constructor(onError: (error: unknown) => void = rethrow) {
    this.#onError = onError;
  }

  /**
   * Adds a listener.
   *
   * @returns a function that removes it
   */
  add(listener: (event: Event) => void): () => void {
    // A function that is added twice is called twice, and each removal ends one of them.
    const each = (event: Event): void => listener(event);
    this.#listeners.add(each);
    return () => void this.#listeners.delete(each);
  }

  /** Calls every listener, in the order in which they were added. */
  emit(event: Event): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  /** Removes all listeners. */
  clear(): void {
    this.#listeners.clear();
  }
}

function rethrow(error: unknown): never {
  throw error;
}
