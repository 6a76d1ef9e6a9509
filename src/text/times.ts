import { m } from '#messages';
import type { TimeSettings } from '../domain/users/time-settings.ts';

/**
 * How a time is written:
 *
 * - `clock`: `14:32:08`;
 * - `moment`: `Sun 22 Nov 2026, 14:32`;
 * - `exact`: the same with seconds;
 * - `since`: `Since 14:32:08`, with the date unless that was today.
 */
export type TimeForm = 'clock' | 'moment' | 'exact' | 'since';

const day = { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' } as const;
const minutes = { hour: '2-digit', minute: '2-digit' } as const;
const forms = {
  clock: { ...minutes, second: '2-digit' },
  moment: { ...day, ...minutes },
  exact: { ...day, ...minutes, second: '2-digit' },
} as const;

/** Writes times for a viewer: in their time zone, or in the server's with its name while theirs is unknown. */
export class Times {
  /** The zone in which times are written. */
  readonly zone: string;
  readonly #settings: TimeSettings;
  /** Building a format takes longer than using it a hundred times. */
  readonly #formats = new Map<string, Intl.DateTimeFormat>();

  constructor(settings: TimeSettings) {
    this.#settings = settings;
    this.zone = settings.zone ?? settings.serverZone;
  }

  /**
   * A time as the viewer reads it.
   *
   * @param epochMs milliseconds since the epoch, as is `now`
   */
  write(epochMs: number, form: TimeForm, now: number = Date.now()): string {
    if (form === 'since') {
      const form = this.dayOf(epochMs) === this.dayOf(now) ? 'clock' : 'moment';
      return m.common_since({ time: this.write(epochMs, form) });
    }
    return this.#format(form, this.zone, this.#settings.zone === null).format(epochMs);
  }

  /** A time by the server's clock, with the zone: `Sun 22 Nov 2026, 14:32:08 UTC`. */
  atServer(epochMs: number): string {
    return this.#format('exact', this.#settings.serverZone, true).format(epochMs);
  }

  /** The viewer's day of a time as `YYYY-MM-DD`. */
  dayOf(epochMs: number): string {
    return this.#kept(
      'day',
      () => new Intl.DateTimeFormat('en-CA', { dateStyle: 'short', timeZone: this.zone }),
    ).format(epochMs);
  }

  /** A day (`YYYY-MM-DD`) as a heading: Today, Yesterday or `Sunday 22 November`, with the year unless it is this one. */
  heading(of: string, now: number): string {
    const today = this.dayOf(now);
    if (of === today) return m.common_today();
    const date = new Date(`${of}T12:00:00Z`);
    if (Date.parse(`${today}T12:00:00Z`) - date.getTime() === 86_400_000) return m.common_yesterday();
    return new Intl.DateTimeFormat(this.#settings.locale, {
      weekday: 'long',
      day: 'numeric',
      month: 'long',
      timeZone: 'UTC',
      ...(of.slice(0, 4) === today.slice(0, 4) ? {} : { year: 'numeric' }),
    }).format(date);
  }

  #format(form: keyof typeof forms, timeZone: string, withZone: boolean): Intl.DateTimeFormat {
    const named = withZone ? ({ timeZoneName: 'short' } as const) : {};
    return this.#kept(
      `${form} ${timeZone} ${withZone}`,
      () => new Intl.DateTimeFormat(this.#settings.locale, { ...forms[form], timeZone, ...named }),
    );
  }

  #kept(key: string, make: () => Intl.DateTimeFormat): Intl.DateTimeFormat {
    const known = this.#formats.get(key) ?? make();
    this.#formats.set(key, known);
    return known;
  }
}
