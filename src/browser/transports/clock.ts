const keptSamples = 8;

/** The server's clock as this page knows it, from pings: the sample with the least round trip is the best one. */
export class ServerClock {
  #samples: readonly { readonly roundTrip: number; readonly offset: number }[] = [];
  #offset = 0;

  /** The server's time now, in milliseconds since the epoch. */
  now(): number {
    return Date.now() + this.#offset;
  }

  /** A first guess, before any ping was answered. */
  guess(serverNow: number): void {
    if (this.#samples.length === 0) this.#offset = serverNow - Date.now();
  }

  /**
   * Takes the answer to a ping.
   *
   * @param sentAt when it was sent, by this page's `Date.now()`
   * @param serverNow what the server's clock said
   */
  sample(sentAt: number, serverNow: number, receivedAt = Date.now()): void {
    const roundTrip = receivedAt - sentAt;
    if (roundTrip < 0) return;
    const offset = serverNow - (sentAt + roundTrip / 2);
    this.#samples = [...this.#samples, { roundTrip, offset }].slice(-keptSamples);
    this.#offset = this.#samples.reduce((best, each) => (each.roundTrip < best.roundTrip ? each : best)).offset;
  }

  /** Forgets all: the device may have slept, and its clock may have been set. */
  reset(): void {
    this.#samples = [];
  }
}
