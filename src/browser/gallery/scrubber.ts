import { photosWord } from '../../text/words.ts';
import { find, setText } from '../lib/dom.ts';
import { pageTimes } from '../lib/page-times.ts';
import type { DayCount } from './choice.ts';

/** Marks of years are at least this far apart, in pixels. */
const markDistance = 34;

/**
 * The rail along the edge: a slider over all days that have photos, as long as their number. It leads to a day when it is
 * let go, so that nothing between is loaded.
 */
export class Scrubber {
  readonly #rail: HTMLElement;
  readonly #go: (day: string) => void;
  #days: readonly DayCount[] = [];
  /** The share of photos newer than each day's middle. */
  #shares: readonly number[] = [];
  #index = 0;
  /** The finger or mouse that drags; others change nothing until it leaves. */
  #pointer: number | null = null;
  #timer = 0;

  constructor(rail: HTMLElement, go: (day: string) => void) {
    this.#rail = rail;
    this.#go = go;
    rail.addEventListener('pointerdown', (event) => this.#press(event));
    rail.addEventListener('pointermove', (event) => {
      if (event.pointerId === this.#pointer) this.#set(this.#indexAt(event.clientY));
    });
    for (const end of ['pointerup', 'pointercancel'] as const) {
      rail.addEventListener(end, ({ pointerId }) => {
        if (pointerId !== this.#pointer) return;
        this.#pointer = null;
        rail.classList.remove('dragging');
        this.#leave(0);
      });
    }
    rail.addEventListener('keydown', (event) => this.#key(event));
    addEventListener('resize', () => this.#draw());
  }

  /** Shows these days, newest first. */
  fill(days: readonly DayCount[]): void {
    const day = this.#days[this.#index]?.day;
    this.#days = days;
    const all = days.reduce((sum, { count }) => sum + count, 0);
    let newer = 0;
    this.#shares = days.map(({ count }) => {
      newer += count;
      return (newer - count / 2) / all;
    });
    this.#rail.ariaValueMax = String(Math.max(0, days.length - 1));
    this.#draw();
    this.#set(Math.max(0, day === undefined ? 0 : this.#indexOf(day)));
  }

  /** Shows the day that is in view. */
  show(day: string): void {
    if (this.#pointer === null && this.#timer === 0 && this.#days.length > 0) this.#set(this.#indexOf(day));
  }

  #press(event: PointerEvent): void {
    if (event.button !== 0 || this.#pointer !== null) return;
    this.#rail.setPointerCapture(event.pointerId);
    this.#pointer = event.pointerId;
    this.#rail.classList.add('dragging');
    this.#set(this.#indexAt(event.clientY));
  }

  #key(event: KeyboardEvent): void {
    const index = this.#target(event.key);
    if (index === null || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.#set(Math.min(this.#days.length - 1, Math.max(0, index)));
    this.#leave(250);
  }

  /** Arrows go by days, Page Up and Page Down by months; down is older, as on the page. */
  #target(key: string): number | null {
    const month = (index: number) => this.#days[index]?.day.slice(0, 7);
    switch (key) {
      case 'ArrowDown':
      case 'ArrowRight':
        return this.#index + 1;
      case 'ArrowUp':
      case 'ArrowLeft':
        return this.#index - 1;
      case 'PageDown': {
        const older = this.#days.findIndex((_, index) => index > this.#index && month(index) !== month(this.#index));
        return older === -1 ? this.#days.length - 1 : older;
      }
      case 'PageUp': {
        const newer = this.#days.findLastIndex(
          (_, index) => index < this.#index && month(index) !== month(this.#index),
        );
        return newer === -1 ? 0 : this.#days.findIndex((_, index) => month(index) === month(newer));
      }
      case 'Home':
        return 0;
      case 'End':
        return this.#days.length - 1;
      default:
        return null;
    }
  }

  /** Goes to the day, after the time in which another key may follow. */
  #leave(afterMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      this.#timer = 0;
      const day = this.#days[this.#index]?.day;
      if (day !== undefined) this.#go(day);
    }, afterMs);
  }

  #indexOf(day: string): number {
    const found = this.#days.findIndex((each) => each.day <= day);
    return found === -1 ? this.#days.length - 1 : found;
  }

  #indexAt(clientY: number): number {
    const { top, height } = this.#rail.getBoundingClientRect();
    const share = (clientY - top) / height;
    let nearest = 0;
    for (const [index, each] of this.#shares.entries()) {
      if (Math.abs(each - share) < Math.abs((this.#shares[nearest] ?? 0) - share)) nearest = index;
    }
    return nearest;
  }

  #set(index: number): void {
    this.#index = index;
    const day = this.#days[index];
    if (day === undefined) return;
    const heading = pageTimes().heading(day.day, Date.now());
    this.#rail.ariaValueNow = String(index);
    this.#rail.ariaValueText = `${heading}, ${photosWord(day.count)}`;
    this.#rail.style.setProperty('--at', `${((this.#shares[index] ?? 0) * 100).toFixed(2)}%`);
    setText(find('.scrubber-date', this.#rail), heading);
  }

  /** The years, as far as there is room for them, and nothing while all photos are in view. */
  #draw(): void {
    const { scrollHeight, clientHeight } = document.documentElement;
    this.#rail.hidden = this.#days.length === 1 || scrollHeight <= clientHeight;
    const marks = find('.scrubber-marks', this.#rail);
    const height = this.#rail.clientHeight;
    let last = -markDistance;
    const drawn = this.#days.flatMap(({ day }, index) => {
      const year = day.slice(0, 4);
      const at = (this.#shares[index] ?? 0) * height;
      const isFirst = this.#days[index - 1]?.day.startsWith(year) !== true;
      if (!isFirst || at - last < markDistance) return [];
      last = at;
      const mark = document.createElement('span');
      mark.textContent = year;
      mark.style.top = `${at.toFixed(0)}px`;
      return mark;
    });
    marks?.replaceChildren(...drawn);
  }
}
