import { announce, find, findAll, setText } from '../lib/dom.ts';

const longPressMs = 450;

/** Selects photos: by checkbox, with shift for a range, by long press, and by any click once one is selected. */
export class Selection {
  readonly #gallery: HTMLFormElement;
  #last: HTMLInputElement | null = null;
  #pressed = 0;
  #ignoreClick = false;

  constructor(gallery: HTMLFormElement) {
    this.#gallery = gallery;
    gallery.addEventListener('click', (event) => this.#click(event), { capture: true });
    gallery.addEventListener('change', () => this.#changed());
    gallery.addEventListener('reset', () => setTimeout(() => this.none()));
    gallery.addEventListener('pointerdown', (event) => this.#press(event));
    for (const end of ['pointerup', 'pointercancel', 'pointermove'] as const) {
      gallery.addEventListener(end, (event) => {
        if (end !== 'pointermove' || Math.hypot(event.movementX, event.movementY) > 3) clearTimeout(this.#pressed);
      });
    }
    find('#select')?.addEventListener('click', () => this.#setMode(!this.#selecting));
    gallery.addEventListener('contextmenu', (event) => {
      // A long press selects instead of opening the browser's menu.
      if (this.#ignoreClick) event.preventDefault();
    });
    this.#changed();
  }

  /** The checkboxes of the selected photos, in order. */
  get ticks(): readonly HTMLInputElement[] {
    return this.#all.filter((tick) => tick.checked);
  }

  /** Selects every photo that is loaded. */
  all(): void {
    for (const tick of this.#all) tick.checked = true;
    this.#changed();
  }

  /** Clears the selection and ends selection mode. */
  none(): void {
    this.#setMode(false);
    for (const tick of this.#all) tick.checked = false;
    this.#last = null;
    this.#changed();
  }

  get #selecting(): boolean {
    return this.#gallery.classList.contains('selecting');
  }

  /** In selection mode, a click anywhere on a photo selects it. */
  #setMode(on: boolean): void {
    this.#gallery.classList.toggle('selecting', on);
    find('#select')?.setAttribute('aria-pressed', String(on));
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
    if (!onTick && ((this.ticks.length === 0 && !this.#selecting) || event.ctrlKey || event.metaKey)) return;
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
    if (range && from !== -1) {
      for (const each of all.slice(Math.min(from, to), Math.max(from, to) + 1)) each.checked = tick.checked;
    }
    this.#last = tick;
    this.#changed();
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

  #changed(): void {
    const count = this.ticks.length;
    setText(find('#selected'), count === 0 ? '' : `${count} selected`);
    if (count === 1) announce('The buttons at the end of the page act on the selected photos.');
  }
}
