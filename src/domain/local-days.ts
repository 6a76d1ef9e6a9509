/** A day as `YYYY-MM-DD`. */
export const dayPattern = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

const dayMs = 86_400_000;
/** No zone is further from UTC, in milliseconds. */
const furthest = 15 * 3_600_000;

/** The days of a time zone: between moments (milliseconds since the epoch) and `YYYY-MM-DD`. */
export class LocalDays {
  readonly #format: Intl.DateTimeFormat;
  /** How far the start of the last day was from that of the UTC day: usually the next one's, too. */
  #offset = 0;

  /**
   * @param zone an IANA time zone; by default the local one
   * @throws {RangeError} if there is no such zone
   */
  constructor(zone?: string) {
    this.#format = new Intl.DateTimeFormat('en-CA', {
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      ...(zone === undefined ? {} : { timeZone: zone }),
    });
  }

  /** The day of a moment. */
  of(epochMs: number): string {
    return this.#format.format(epochMs);
  }

  /** The first moment of a day, also where clocks are set at midnight. */
  start(day: string): number {
    const utc = Date.parse(`${day}T00:00:00Z`);
    const guess = utc + this.#offset;
    if (this.of(guess) >= day && this.of(guess - 1) < day) return guess;
    let [before, from] = [utc - furthest, utc + furthest];
    while (from - before > 1) {
      const middle = Math.floor((before + from) / 2);
      if (this.of(middle) >= day) from = middle;
      else before = middle;
    }
    this.#offset = from - utc;
    return from;
  }

  /** The first moment of the day after. */
  end(day: string): number {
    return this.start(new Date(Date.parse(`${day}T00:00:00Z`) + dayMs).toISOString().slice(0, 10));
  }
}
