import type { Passthrough, PassthroughCounts, PassthroughDemand } from '../source.ts';

/** Where each number is. The ids of Renditions come last. */
const at = { stop: 0, wantsPictures: 1, revision: 2, captured: 3, corrupt: 4, pipe: 5, idCount: 6, ids: 7 } as const;

/** So many Renditions of a camera's own size there may be. */
const mostIds = 64;

/**
 * What the thread that reads a device and the capture process's main one tell each other while pictures come, in memory that
 * both have: the reader takes no messages, since it only ever waits for the camera.
 */
export class ReaderState implements Passthrough {
  readonly memory: SharedArrayBuffer;
  readonly #numbers: Int32Array;
  /** What the reader has read last. */
  #revision = -1;
  #demand: PassthroughDemand = { ids: [], pictures: false };

  /** @param memory the other side's; new when left out */
  constructor(memory = new SharedArrayBuffer((at.ids + mostIds) * Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#numbers = new Int32Array(memory);
  }

  /** Sets what is to be done from the next picture on. */
  set demand({ ids, pictures }: PassthroughDemand) {
    if (ids.length > mostIds) throw new RangeError(`more than ${mostIds} Renditions of one size`);
    const numbers = this.#numbers;
    ids.forEach((id, index) => Atomics.store(numbers, at.ids + index, id));
    Atomics.store(numbers, at.idCount, ids.length);
    Atomics.store(numbers, at.wantsPictures, pictures ? 1 : 0);
    // Last: whoever reads in between reads once more with the next picture.
    Atomics.add(numbers, at.revision, 1);
  }

  get demand(): PassthroughDemand {
    const numbers = this.#numbers;
    const revision = Atomics.load(numbers, at.revision);
    if (revision === this.#revision) return this.#demand;
    this.#revision = revision;
    const count = Atomics.load(numbers, at.idCount);
    this.#demand = {
      ids: Array.from({ length: count }, (_, index) => Atomics.load(numbers, at.ids + index)),
      pictures: Atomics.load(numbers, at.wantsPictures) === 1,
    };
    return this.#demand;
  }

  /** Makes the reader end with its next picture. */
  stop(): void {
    Atomics.store(this.#numbers, at.stop, 1);
  }

  /** True once the reader is to end. */
  get stopped(): boolean {
    return Atomics.load(this.#numbers, at.stop) === 1;
  }

  /** Counts a picture that was captured, or that was dropped and why. */
  count(what: 'captured' | 'corrupt' | 'pipe'): void {
    Atomics.add(this.#numbers, at[what], 1);
  }

  /** What was counted since the last call. */
  takeCounts(): PassthroughCounts {
    const take = (what: 'captured' | 'corrupt' | 'pipe'): number => Atomics.exchange(this.#numbers, at[what], 0);
    const [corrupt, pipe] = [take('corrupt'), take('pipe')];
    return { captured: take('captured'), dropped: { ...(corrupt > 0 && { corrupt }), ...(pipe > 0 && { pipe }) } };
  }
}
