import { m } from '#messages';
import { photosWord } from '../../text/words.ts';
import { announce, find, findAll, setText } from '../lib/dom.ts';
import { Choice, type ChoiceBody, type DayCount, type Item } from './choice.ts';

const longPressMs = 450;

/** What the selection knows of all photos, also of those that are not on the page. */
export interface Totals {
  readonly count: number;
  readonly days: readonly DayCount[];
  /** When the latest was taken, in milliseconds since the epoch. */
  readonly newest: number;
}

/**
 * Selects photos: by checkbox, with shift for a range, by long press, and by any click once one is selected; whole days,
 * and all.
 */
export class Selection {
  readonly #gallery: HTMLFormElement;
  readonly #totals: () => Totals;
  #choice = new Choice();
  #last: HTMLInputElement | null = null;
  #pressed = 0;
  #ignoreClick = false;

  constructor(gallery: HTMLFormElement, totals: () => Totals) {
    this.#gallery = gallery;
    this.#totals = totals;
    gallery.addEventListener('click', (event) => this.#click(event), { capture: true });
    gallery.addEventListener('change', (event) => this.#dayChanged(event.target));
    gallery.addEventListener('reset', () => setTimeout(() => this.none()));
    gallery.addEventListener('formdata', ({ formData }) => this.#send(formData));
    gallery.addEventListener('pointerdown', (event) => this.#press(event));
    for (const end of ['pointerup', 'pointercancel', 'pointermove'] as const) {
      gallery.addEventListener(end, (event) => {
        if (end !== 'pointermove' || Math.hypot(event.movementX, event.movementY) > 3) clearTimeout(this.#pressed);
      });
    }
    find('#select')?.addEventListener('click', () => this.#setMode(!this.#selecting));
    find<HTMLInputElement>('#all')?.addEventListener('change', ({ target }) => {
      if ((target as HTMLInputElement).checked) this.all();
      else this.#clear();
    });
    gallery.addEventListener('contextmenu', (event) => {
      // A long press selects instead of opening the browser's menu.
      if (this.#ignoreClick) event.preventDefault();
    });
    this.show();
  }

  /** The number of selected photos, also of those that are not on the page. */
  get count(): number {
    return this.#choice.count;
  }

  /** The selection as the server takes it; null for single photos, which {@link ids} names. */
  get whole(): ChoiceBody | null {
    return this.#choice.hasWhole ? this.#choice.body() : null;
  }

  /** The ids of photos that were selected one by one. */
  get ids(): readonly string[] {
    return this.#choice.body().ids;
  }

  /** The selected photos that are on the page. */
  get items(): readonly HTMLElement[] {
    return this.#all.filter((tick) => tick.checked).flatMap((tick) => tick.closest('li') ?? []);
  }

  /** Selects every photo, also those that are not on the page. */
  all(): void {
    const { count, newest } = this.#totals();
    this.#choice.setAll(count, newest);
    this.show();
  }

  /** Clears the selection and ends selection mode. */
  none(): void {
    this.#setMode(false);
    this.#clear();
  }

  /** Does the same as {@link none}. @returns selects the same photos again */
  take(): () => void {
    const taken = this.#choice;
    this.#choice = new Choice();
    this.none();
    return () => {
      this.#choice = taken;
      this.show();
    };
  }

  /** Forgets photos that were deleted. */
  forget(ids: readonly string[]): void {
    this.#choice.forget(ids);
    this.show();
  }

  /** Shows the selection on the page, whose photos may have changed. */
  show(): void {
    for (const tick of this.#all) {
      const item = itemOf(tick);
      tick.checked = item !== null && this.#choice.has(item);
    }
    for (const day of findAll('.day', this.#gallery)) {
      const tick = find<HTMLInputElement>('.day-tick input', day);
      const total = Number(day.dataset.count);
      const count = this.#choice.countOf(day.dataset.day ?? '', total);
      if (tick === null) continue;
      tick.checked = count > 0 && count >= total;
      tick.indeterminate = count > 0 && count < total;
    }
    const { count } = this.#choice;
    const all = find<HTMLInputElement>('#all');
    if (all !== null) all.checked = this.#choice.isAll && count > 0;
    setText(find('#all-count'), m.photos_all_count({ shown: numberWord(this.#totals().count) }));
    setText(
      find('#selected'),
      count > 0 ? m.photos_selected({ shown: numberWord(count) }) : this.#selecting ? m.photos_select_hint() : '',
    );
    document.body.classList.toggle('choosing', count > 0 || this.#selecting);
    for (const button of findAll<HTMLButtonElement>('.actions [type=submit]')) button.disabled = count === 0;
  }

  get #selecting(): boolean {
    return this.#gallery.classList.contains('selecting');
  }

  /** In selection mode, a click anywhere on a photo selects it. */
  #setMode(on: boolean): void {
    this.#gallery.classList.toggle('selecting', on);
    find('#select')?.setAttribute('aria-pressed', String(on));
    this.show();
  }

  #clear(): void {
    this.#choice.clear();
    this.#last = null;
    this.show();
  }

  get #all(): readonly HTMLInputElement[] {
    return findAll<HTMLInputElement>('.tick input', this.#gallery).filter((tick) => tick.closest('[hidden]') === null);
  }

  #click(event: MouseEvent): void {
    const target = event.target instanceof Element ? event.target : null;
    const tick =
      target === null ? null : find<HTMLInputElement>('.tick input', target.closest('li') ?? new DocumentFragment());
    if (target === null || tick === null || target.closest('.tiles') === null) return;
    if (this.#ignoreClick) {
      this.#ignoreClick = false;
      event.preventDefault();
      return;
    }
    const onTick = target.closest('.tick') !== null;
    if (!onTick && ((this.count === 0 && !this.#selecting) || event.ctrlKey || event.metaKey)) return;
    if (!onTick) {
      event.preventDefault();
      tick.checked = !tick.checked;
    } else if (target !== tick) {
      // The label forwards the click to the checkbox, which triggers another event.
      return;
    }
    this.#take(tick, event.shiftKey);
  }

  #take(tick: HTMLInputElement, range: boolean): void {
    const all = this.#all;
    const [from, to] = [this.#last === null ? -1 : all.indexOf(this.#last), all.indexOf(tick)];
    const taken = range && from !== -1 ? all.slice(Math.min(from, to), Math.max(from, to) + 1) : [tick];
    const on = tick.checked;
    const first = this.count === 0;
    for (const each of taken) {
      const item = itemOf(each);
      if (item !== null) this.#choice.set(item, on);
    }
    this.#last = tick;
    this.show();
    if (first && this.count > 0) announce(m.photos_act_hint());
  }

  #dayChanged(target: EventTarget | null): void {
    if (!(target instanceof HTMLInputElement) || target.name !== 'days') return;
    const { days, newest } = this.#totals();
    const section = target.closest<HTMLElement>('.day');
    const own = { day: target.value, count: Number(section?.dataset.count) };
    this.#choice.setDay(target.value, target.checked, days.length > 0 ? days : [own], newest);
    this.show();
    announce(m.photos_selected_spoken({ photos: photosWord(this.count) }));
  }

  /** A form sends its checkboxes; the selection has more, and less, than the page. */
  #send(formData: FormData): void {
    const { ids, days, all, except, until } = this.#choice.body();
    formData.delete('all');
    for (const [name, values] of Object.entries({ ids, days, except })) {
      formData.delete(name);
      for (const value of values) formData.append(name, value);
    }
    if (all) formData.set('all', '1');
    formData.set('until', until === undefined ? '' : String(until));
  }

  #press(event: PointerEvent): void {
    const item = event.target instanceof Element ? event.target.closest('.tiles li') : null;
    const tick = item === null ? null : find<HTMLInputElement>('.tick input', item);
    clearTimeout(this.#pressed);
    this.#ignoreClick = false;
    if (tick === null || event.pointerType === 'mouse') return;
    this.#pressed = window.setTimeout(() => {
      this.#ignoreClick = true;
      tick.checked = !tick.checked;
      this.#take(tick, false);
      if ('vibrate' in navigator) navigator.vibrate(8);
    }, longPressMs);
  }
}

function numberWord(count: number): string {
  return count.toLocaleString(m.common_intl());
}

function itemOf(tick: HTMLInputElement): Item | null {
  const day = tick.closest<HTMLElement>('.day')?.dataset.day;
  const time = find<HTMLTimeElement>('time', tick.closest('li') ?? new DocumentFragment());
  return day === undefined || time === null ? null : { id: tick.value, day, takenAt: Date.parse(time.dateTime) };
}
