/** A photo as a selection sees it. */
export interface Item {
  readonly id: string;
  /** `YYYY-MM-DD` */
  readonly day: string;
  /** Milliseconds since the epoch. */
  readonly takenAt: number;
}

/** How many photos a day has, also those that are not on the page. */
export interface DayCount {
  readonly day: string;
  readonly count: number;
}

/** The selected photos, as the server takes them. */
export interface ChoiceBody {
  readonly ids: readonly string[];
  readonly days: readonly string[];
  readonly all: boolean;
  readonly except: readonly string[];
  readonly until?: number;
}

/** The selected photos: single ones, whole days or all, also those that are not on the page, and exceptions from these. */
export class Choice {
  /** The number of all photos while all are selected. */
  #all: number | null = null;
  /** Whole days with their number of photos. */
  readonly #days = new Map<string, number>();
  /** Single photos with their days. */
  readonly #ids = new Map<string, string>();
  /** Photos of whole days, or of all, that are not selected, with their days. */
  readonly #except = new Map<string, string>();
  /** Photos of whole days, and of all, are those taken until this time: newer ones nobody has seen. */
  #until = 0;

  /** The number of selected photos. */
  get count(): number {
    const whole = this.#all ?? [...this.#days.values()].reduce((sum, count) => sum + count, 0);
    return whole + this.#ids.size - this.#except.size;
  }

  /** True if there are selected photos that the page may not have. */
  get hasWhole(): boolean {
    return this.#all !== null || this.#days.size > 0;
  }

  /** True while all are selected, without exceptions. */
  get isAll(): boolean {
    return this.#all !== null && this.#except.size === 0;
  }

  /** The number of selected photos of a day that has `total`. */
  countOf(day: string, total: number): number {
    const of = (photos: ReadonlyMap<string, string>) => [...photos.values()].filter((each) => each === day).length;
    return (this.#isWhole(day) ? total - of(this.#except) : 0) + of(this.#ids);
  }

  has({ id, day, takenAt }: Item): boolean {
    return this.#ids.has(id) || (this.#isWhole(day) && takenAt <= this.#until && !this.#except.has(id));
  }

  /** Selects a photo, or leaves it out. */
  set({ id, day, takenAt }: Item, on: boolean): void {
    this.#ids.delete(id);
    this.#except.delete(id);
    const whole = this.#isWhole(day) && takenAt <= this.#until;
    if (on && !whole) this.#ids.set(id, day);
    if (!on && whole) this.#except.set(id, day);
  }

  /**
   * Selects a whole day, or leaves it out.
   *
   * @param days all days, from which one is left out while all are selected
   * @param until when the latest photo was taken
   */
  setDay(day: string, on: boolean, days: readonly DayCount[], until: number): void {
    for (const photos of [this.#ids, this.#except]) {
      for (const [id, of] of photos) if (of === day) photos.delete(id);
    }
    if (!on && this.#all !== null) {
      this.#all = null;
      for (const each of days) this.#days.set(each.day, each.count);
    }
    if (!on) this.#days.delete(day);
    else if (this.#all === null) this.#days.set(day, days.find((each) => each.day === day)?.count ?? 0);
    if (on) this.#until = until;
  }

  /** Selects all photos. */
  setAll(count: number, until: number): void {
    this.clear();
    this.#all = count;
    this.#until = until;
  }

  clear(): void {
    this.#all = null;
    for (const part of [this.#days, this.#ids, this.#except]) part.clear();
  }

  /** Forgets photos that were deleted. */
  forget(ids: readonly string[]): void {
    for (const id of ids) this.#ids.delete(id);
  }

  body(): ChoiceBody {
    return {
      ids: [...this.#ids.keys()],
      days: [...this.#days.keys()],
      all: this.#all !== null,
      except: [...this.#except.keys()],
      ...(this.hasWhole ? { until: this.#until } : {}),
    };
  }

  #isWhole(day: string): boolean {
    return this.#all !== null || this.#days.has(day);
  }
}
