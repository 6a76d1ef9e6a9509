/** Passed memory is let go whenever there is this much of it, in bytes. */
const limit = 3 * 1024 * 1024;

/**
 * The memory of pictures that have passed. It lies outside V8's heap, where V8 counts it but makes few objects for it: so
 * nothing would call for a collection of young objects, which takes half a millisecond, until the sum calls for one of the
 * whole heap, which takes a hundred times as long. Whoever takes memory for pictures says so here.
 *
 * Node.js must run with `--expose-gc`; without it everything works, at a higher cost.
 */
export class PassingMemory {
  readonly #collect: () => void;
  #taken = 0;

  /** @param collect frees what young objects hold that nobody refers to any more */
  constructor(collect: () => void = collectYoung) {
    this.#collect = collect;
  }

  /** Notes that so many bytes were taken; call it when a picture has been handed on and the next is not yet here. */
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
