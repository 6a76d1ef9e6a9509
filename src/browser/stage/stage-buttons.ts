import type { CameraInfo } from '../../domain/cameras/camera.ts';
import { sizeChoices } from '../../text/size-choice.ts';
import type { ViewState } from '../../text/view-state.ts';
import type { Watching } from '../../domain/users/watching.ts';
import { find, findAll } from '../lib/dom.ts';

/** The forms of one view: which are enabled, and where Start is. */
export class StageButtons {
  readonly #stage: HTMLElement;
  readonly #area: HTMLElement;
  readonly #start: HTMLFormElement | null;
  #shown = '';

  /** @param area the stage and its bar */
  constructor(stage: HTMLElement, area: HTMLElement) {
    this.#stage = stage;
    this.#area = area;
    this.#start = find<HTMLFormElement>('form.start', area);
  }

  /** Updates the forms to the state. */
  render(state: ViewState, streaming: boolean): void {
    const shown = `${state.kind} ${state.action ?? ''} ${streaming}`;
    if (shown === this.#shown) return;
    this.#shown = shown;
    for (const action of ['retry', 'reconnect', 'sign-in', 'switch-on'] as const) {
      const button = find(`.${action}`, this.#stage);
      if (button !== null) button.hidden = state.action !== action;
    }
    const stop = find('form.stop button', this.#area);
    const stopHadFocus = stop !== null && stop === document.activeElement;
    const answered = !['offline', 'signed-out', 'refused', 'removed'].includes(state.kind);
    this.#enable('form.stop', streaming && answered);
    // The focus moves between Start and Stop, so one must be enabled before the other is disabled.
    this.#moveStart(state.action === 'start' ? '.start-here' : '.start-there');
    this.#enable('form.start', !streaming);
    if (stopHadFocus && state.action === 'start') find('button', this.#start ?? this.#area)?.focus();
    this.#enable('form.capture', streaming && answered && state.kind !== 'off');
  }

  /** Updates the list of sizes. The camera's own is known once it was open; other tabs may change the choice. */
  renderSizes(camera: CameraInfo | null | undefined, watching: Watching): void {
    const select = find<HTMLSelectElement>('form.size select', this.#area);
    if (select === null || camera == null) return;
    const choices = sizeChoices(camera, watching);
    const same =
      select.options.length === choices.length &&
      choices.every(({ label }, index) => select.options[index]?.text === label);
    if (!same) select.replaceChildren(...choices.map(({ value, label }) => new Option(label, value)));
    const chosen = choices.find((choice) => choice.chosen)?.value ?? 'source';
    if (select.value !== chosen) select.value = chosen;
  }

  #enable(selector: string, is: boolean): void {
    for (const button of findAll<HTMLButtonElement>(`${selector} button`, this.#area)) button.disabled = !is;
  }

  /** Moves the only Start form: over the video while paused, otherwise into the bar. */
  #moveStart(place: '.start-here' | '.start-there'): void {
    const target = find(place, this.#area);
    if (this.#start === null || target === null || this.#start.parentElement === target) return;
    const hadFocus = this.#start.contains(document.activeElement);
    target.append(this.#start);
    if (hadFocus) find('form.stop button', this.#area)?.focus();
  }
}
