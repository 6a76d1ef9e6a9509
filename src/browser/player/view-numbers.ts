/** The server's limit of views for one socket. */
const most = 128;

/** The numbers of one socket's views: each belongs to one player at a time. */
export class ViewNumbers {
  readonly #taken = new Set<number>();
  #last = 0;

  /** A number that nobody else has; null when the server allows no more. */
  claim(): number | null {
    if (this.#taken.size >= most) return null;
    // Round and round: what is still on its way for a number must not reach the next one who gets it.
    do this.#last = (this.#last % most) + 1;
    while (this.#taken.has(this.#last));
    this.#taken.add(this.#last);
    return this.#last;
  }

  /** Gives a number back. */
  release(view: number): void {
    this.#taken.delete(view);
  }
}
