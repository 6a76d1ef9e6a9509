/** How long a test counts, in milliseconds. */
const lifetime = 10 * 60_000;
const most = 50;

/** Sources whose test has worked lately, so that adding them does not open them again. */
export class WorkingSources {
  /** When each was tested, in milliseconds on the monotonic clock; the oldest first. */
  readonly #testedAt = new Map<string, number>();

  add(source: string): void {
    this.#testedAt.delete(source);
    this.#testedAt.set(source, performance.now());
    const [oldest] = this.#testedAt.keys();
    if (this.#testedAt.size > most && oldest !== undefined) this.#testedAt.delete(oldest);
  }

  has(source: string): boolean {
    const at = this.#testedAt.get(source);
    return at !== undefined && performance.now() - at < lifetime;
  }
}
