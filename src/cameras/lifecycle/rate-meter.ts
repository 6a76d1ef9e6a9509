/** Measures a rate over the last seconds from counts that arrive about once a second. */
export class RateMeter {
  readonly #samples: { at: number; count: number }[] = [];
  readonly #span: number;

  /** @param span how far back to look, in milliseconds */
  constructor(span = 5_000) {
    this.#span = span;
  }

  /** Notes that `count` things happened since the last call. */
  add(count: number, now: number): void {
    this.#samples.push({ at: now, count });
    while ((this.#samples[0]?.at ?? now) < now - this.#span) this.#samples.shift();
  }

  /** Things per second, to one decimal; 0 until there are two samples. */
  get rate(): number {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.at <= first.at) return 0;
    const count = this.#samples.slice(1).reduce((sum, sample) => sum + sample.count, 0);
    return Math.round((count / (last.at - first.at)) * 10_000) / 10;
  }

  /** Forgets everything. */
  reset(): void {
    this.#samples.length = 0;
  }
}
