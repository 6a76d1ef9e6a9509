const keptSamples = 8;

/** Estimates the server's clock from pings. The sample with the shortest round trip wins. */
export class ServerClock {
  #samples: readonly { readonly roundTrip: number; readonly offset: number }[] = [];
  #offset = 0;

  /** The server's current time in milliseconds since the epoch. */
  now(): number {
    return Date.now() + this.#offset;
  }

  /** True once a ping was answered. */
  get known(): boolean {
    return this.#samples.length > 0;
  }

  /** Sets a rough estimate until a ping is answered. */
  guess(serverNow: number): void {
    if (this.#samples.length === 0) this.#offset = serverNow - Date.now();
  }

  /**
   * Adds the answer to a ping.
   *
   * @param sentAt when the ping was sent, by this page's `Date.now()`
   * @param serverNow the server's time in the answer
   */
  sample(sentAt: number, serverNow: number, receivedAt = Date.now()): void {
    const roundTrip = receivedAt - sentAt;
    if (roundTrip < 0) return;
    const offset = serverNow - (sentAt + roundTrip / 2);
    this.#samples = [...this.#samples, { roundTrip, offset }].slice(-keptSamples);
    this.#offset = this.#samples.reduce((best, each) => (each.roundTrip < best.roundTrip ? each : best)).offset;
  }

  /** Drops all samples: the device may have slept, and its clock may have been set. */
  reset(): void {
    this.#samples = [];
  }
}
