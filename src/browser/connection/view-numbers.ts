/** The server's limit of views per socket. */
const most = 128;

/** Allocates the view numbers of one socket. Each belongs to one player at a time. */
export class ViewNumbers {
  readonly #taken = new Set<number>();
  #last = 0;

  /** Allocates a free number; null if the server allows no more views. */
  claim(): number | null {
    if (this.#taken.size >= most) return null;
    // In rotation: messages still in flight for a released number must not reach its next owner.
    do this.#last = (this.#last % most) + 1;
    while (this.#taken.has(this.#last));
    this.#taken.add(this.#last);
    return this.#last;
  }

  /** Releases a number. */
  release(view: number): void {
    this.#taken.delete(view);
  }
}
