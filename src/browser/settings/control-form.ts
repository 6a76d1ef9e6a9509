import { m } from '#messages';
import type { Control, ControlValue } from '../../domain/cameras/control.ts';
import { controlValueWord, whyInactive } from '../../text/control-words.ts';
import type { Problem } from '../../domain/errors.ts';
import { announce, find, findAll, setText } from '../lib/dom.ts';
import { askApi, isOffline, type PostResult } from '../lib/post.ts';
import { toast } from '../lib/toasts.ts';

/** Minimum time between requests while a slider moves (ms). */
const requestInterval = 80;
/** How often values are sent again while the server is away (ms). */
const awayInterval = 3000;

/** Options of {@link ControlForm}. */
export interface ControlFormOptions {
  /** The session has ended. */
  readonly onSignedOut: () => void;
  /** The camera's controls have changed or are unreachable: the form must be rendered again. */
  readonly onStale: () => void;
}

/** The live form of a camera's controls: sets values at once and shows what the camera reports. */
export class ControlForm {
  readonly #root: HTMLElement;
  readonly #options: ControlFormOptions;
  readonly #url: string;
  /** Values to set next: the latest of each control. */
  #wanted: Record<string, ControlValue> = {};
  #busy = false;
  /** The server has not answered: the values are kept and sent again. */
  #away = false;

  constructor(root: HTMLElement, options: ControlFormOptions) {
    this.#root = root;
    this.#options = options;
    this.#url = `/api/cameras/${encodeURIComponent(root.dataset.camera ?? '')}/controls`;
    root.addEventListener('input', (event) => this.#moved(event));
    root.addEventListener('change', (event) => this.#changed(event));
    root.addEventListener('submit', (event) => this.#submitted(event));
    // The page shows the range next to the field, so the browser's own message is suppressed.
    root.addEventListener('invalid', (event) => event.preventDefault(), true);
  }

  /** Reads the controls again. */
  async refresh(): Promise<void> {
    if (this.#busy || Object.keys(this.#wanted).length > 0) return;
    const result = await askApi<readonly Control[]>('GET', this.#url);
    if (!result.ok) this.#options.onStale();
    else if (!this.#busy) this.#show(result.value);
  }

  #moved({ target }: Event): void {
    if (!(target instanceof HTMLInputElement)) return;
    const row = rowOf(target);
    if (row === null) return;
    if (target.type === 'number') row.dataset.typing = '';
    if (target.type !== 'range') return;
    this.#write(row, Number(target.value));
    this.#want(row, Number(target.value));
  }

  #changed({ target }: Event): void {
    if (target instanceof HTMLSelectElement) {
      const row = rowOf(target);
      if (row !== null) this.#want(row, Number(target.value));
    }
    if (!(target instanceof HTMLInputElement)) return;
    const row = rowOf(target);
    if (row === null || target.type === 'range') return;
    if (target.type === 'checkbox') this.#want(row, target.checked);
    else {
      delete row.dataset.typing;
      // An empty or invalid number is not sent to the camera.
      if (target.value === '') this.#refuse(row, m.controls_whole_number({ min: target.min, max: target.max }));
      else if (target.value !== row.dataset.value) this.#want(row, Number(target.value));
    }
  }

  #submitted(event: SubmitEvent): void {
    event.preventDefault();
    const button = event.submitter;
    if (!(button instanceof HTMLButtonElement)) return;
    if (button.name === 'reset') void this.#reset(button);
    else if (button.name === 'press') void this.#press(button);
  }

  async #press(button: HTMLButtonElement): Promise<void> {
    button.setAttribute('aria-busy', 'true');
    const result = await askApi<readonly Control[]>('PATCH', this.#url, { [button.value]: true });
    button.removeAttribute('aria-busy');
    if (result.ok) {
      announce(m.controls_announced());
      this.#show(result.value);
    } else this.#failed(result.problem, [button.value]);
  }

  async #reset(button: HTMLElement): Promise<void> {
    const before: Record<string, ControlValue> = Object.fromEntries(
      findAll('.control[data-value]:not([data-inactive])', this.#root).map((row) => [
        row.dataset.control ?? '',
        Number(row.dataset.value),
      ]),
    );
    button.setAttribute('aria-busy', 'true');
    const result = await askApi<readonly Control[]>('POST', `${this.#url}/reset`);
    button.removeAttribute('aria-busy');
    if (!result.ok) return this.#failed(result.problem, []);
    this.#show(result.value);
    const undo = () => {
      Object.assign(this.#wanted, before);
      void this.#flush();
    };
    toast({ kind: 'done', text: m.controls_done_reset(), undo });
  }

  #want(row: HTMLElement, value: ControlValue): void {
    this.#note(row, row.dataset.why ?? null, false);
    this.#wanted[row.dataset.control ?? ''] = value;
    void this.#flush();
  }

  /** Sends one request at a time; meanwhile the latest value of each control is kept. */
  async #flush(): Promise<void> {
    while (!this.#busy && Object.keys(this.#wanted).length > 0) {
      const values = this.#wanted;
      this.#wanted = {};
      this.#busy = true;
      const pause = new Promise((resolve) => setTimeout(resolve, requestInterval));
      const result = await askApi<readonly Control[]>('PATCH', this.#url, values);
      this.#took(result, values);
      await pause;
      if (this.#away) await new Promise((resolve) => setTimeout(resolve, awayInterval));
      this.#busy = false;
    }
  }

  #took(result: PostResult<readonly Control[]>, values: Record<string, ControlValue>): void {
    const wasAway = this.#away;
    this.#away = !result.ok && isOffline(result.problem);
    if (result.ok) this.#show(result.value);
    else if (!this.#away) this.#failed(result.problem, Object.keys(values));
    else {
      // A newer value stays the wanted one.
      this.#wanted = { ...values, ...this.#wanted };
      if (!wasAway) toast({ kind: 'error', text: m.settings_away_control() });
    }
  }

  /** Shows the error at the field and restores the camera's value. */
  #failed(problem: Problem, ids: readonly string[]): void {
    for (const id of ids) {
      const row = this.#row(id);
      if (row !== null && !(id in this.#wanted)) this.#write(row, Number(row.dataset.value));
    }
    const field = problem.field === undefined ? null : this.#row(problem.field);
    if (field !== null) this.#refuse(field, problem.message);
    else if (problem.code === 'not_signed_in') this.#options.onSignedOut();
    else {
      toast({ kind: 'error', text: problem.message });
      if (problem.code.startsWith('camera_')) this.#options.onStale();
    }
  }

  #refuse(row: HTMLElement, message: string): void {
    this.#write(row, Number(row.dataset.value));
    this.#note(row, message, true);
    announce(message);
  }

  #show(controls: readonly Control[]): void {
    const rows = findAll('.control', this.#root);
    if (rows.length !== controls.length || controls.some(({ id }) => this.#row(id) === null)) {
      return this.#options.onStale();
    }
    for (const control of controls) {
      const row = this.#row(control.id);
      if (row === null) continue;
      const why = whyInactive(control, controls, ({ id }) => this.#row(id)?.dataset.advice);
      row.toggleAttribute('data-inactive', why !== null);
      if (why === null) delete row.dataset.why;
      else row.dataset.why = why;
      for (const field of findAll<HTMLInputElement>('input, select, button', row)) field.disabled = why !== null;
      // An error stays until the value is changed.
      if (why !== null || find('.control-note[data-bad]', row) === null) this.#note(row, why, false);
      if (control.type === 'button') continue;
      row.dataset.value = String(Number(control.value));
      if (!(control.id in this.#wanted)) this.#write(row, Number(control.value));
    }
  }

  /** Shows a value in all fields of a row, except in a number being typed. */
  #write(row: HTMLElement, value: number): void {
    const check = find<HTMLInputElement>('[type=checkbox]', row);
    if (check !== null) check.checked = value !== 0;
    const number = find<HTMLInputElement>('[type=number]', row);
    if (number !== null && row.dataset.typing === undefined) number.value = String(value);
    const menu = find<HTMLSelectElement>('select', row);
    if (menu !== null) menu.value = String(value);
    const slider = find<HTMLInputElement>('[type=range]', row);
    if (slider === null) return;
    slider.value = String(value);
    const word = controlValueWord(value, row.dataset.unit);
    slider.setAttribute('aria-valuetext', word);
    setText(find('output', row), word);
  }

  #note(row: HTMLElement, text: string | null, bad: boolean): void {
    const note = find('.control-note', row);
    if (note === null) return;
    note.hidden = text === null;
    note.toggleAttribute('data-bad', bad);
    setText(note, text ?? '');
  }

  #row(id: string): HTMLElement | null {
    return find(`.control[data-control="${CSS.escape(id)}"]`, this.#root);
  }
}

function rowOf(field: Element): HTMLElement | null {
  return field.closest<HTMLElement>('.control');
}
