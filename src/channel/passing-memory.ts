/** How much memory of passed frames may await collection, in bytes. */
const limit = 3 * 1024 * 1024;

/**
 * Collects the memory of frames that have passed. It lies outside V8's heap, and few objects hold much of it: V8 would not
 * run a young-generation collection, which takes half a millisecond, until the total makes it collect the whole heap, which
 * takes a hundred times as long. Code that allocates memory for frames reports it here.
 *
 * Needs `node --expose-gc`. Without it everything works, at a higher cost.
 */
export class PassingMemory {
  readonly #collect: () => void;
  #taken = 0;

  /** @param collect runs a young-generation collection */
  constructor(collect: () => void = collectYoung) {
    this.#collect = collect;
  }

  /** Notes an allocation, in bytes. Call it between two frames: it may collect. */
  took(bytes: number): void {
    this.#taken += bytes;
    if (this.#taken < limit) return;
    this.#taken = 0;
    this.#collect();
  }
}

function collectYoung(): void {
  globalThis.gc?.({ type: 'minor' });
}
