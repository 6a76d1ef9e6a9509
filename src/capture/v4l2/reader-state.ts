import type { Passthrough, PassthroughCounts, PassthroughDemand } from '../source.ts';

/** The index of each number. The ids of Renditions come last. */
const at = { stop: 0, encode: 1, revision: 2, captured: 3, corrupt: 4, pipe: 5, idCount: 6, ids: 7 } as const;

/** The maximum number of Renditions that pass the source's own frames through. */
const mostIds = 64;

/**
 * The state shared by the thread that reads a device and the main thread of its capture process. It lies in shared
 * memory because the reading thread blocks in the driver and receives no messages.
 */
export class ReaderState implements Passthrough {
  readonly memory: SharedArrayBuffer;
  readonly #numbers: Int32Array;
  /** The revision of the demand that this side has read last. */
  #revision = -1;
  #demand: PassthroughDemand = { ids: [], encode: false };

  /** @param memory the {@link memory} of the other thread's state; new if left out */
  constructor(memory = new SharedArrayBuffer((at.ids + mostIds) * Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#numbers = new Int32Array(memory);
  }

  /**
   * Sets the demand from the next frame on.
   *
   * @throws {RangeError} for more than {@link mostIds} ids.
   */
  set demand({ ids, encode }: PassthroughDemand) {
    if (ids.length > mostIds) throw new RangeError(`more than ${mostIds} Renditions of one size`);
    const numbers = this.#numbers;
    ids.forEach((id, index) => Atomics.store(numbers, at.ids + index, id));
    Atomics.store(numbers, at.idCount, ids.length);
    Atomics.store(numbers, at.encode, encode ? 1 : 0);
    // Last, so that a read in between is repeated with the next frame.
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
      encode: Atomics.load(numbers, at.encode) === 1,
    };
    return this.#demand;
  }

  /** Makes the reader end after its next frame. */
  stop(): void {
    Atomics.store(this.#numbers, at.stop, 1);
  }

  /** True once {@link stop} has been called on either side. */
  get stopped(): boolean {
    return Atomics.load(this.#numbers, at.stop) === 1;
  }

  /** Counts a captured frame, or a dropped one by its reason. */
  count(what: 'captured' | 'corrupt' | 'pipe'): void {
    Atomics.add(this.#numbers, at[what], 1);
  }

  /** Returns the counts since the last call. */
  takeCounts(): PassthroughCounts {
    const take = (what: 'captured' | 'corrupt' | 'pipe'): number => Atomics.exchange(this.#numbers, at[what], 0);
    const [corrupt, pipe] = [take('corrupt'), take('pipe')];
    return { captured: take('captured'), dropped: { ...(corrupt > 0 && { corrupt }), ...(pipe > 0 && { pipe }) } };
  }
}
