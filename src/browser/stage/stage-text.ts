import type { ViewState } from '../../text/view-state.ts';
import { announce, find, setText } from '../lib/dom.ts';
import { setTime } from '../lib/page-times.ts';
import { statNames, statsLine, statTexts } from '../player/stats-text.ts';
import type { LivePlayer } from '../player/live-player.ts';
import type { PortholePlayer } from '../player/element/porthole-player.ts';

/** The texts over and next to one view on Porthole's pages. */
export class StageText {
  readonly #stage: PortholePlayer;
  #shown: ViewState['kind'] | null = null;

  constructor(stage: PortholePlayer) {
    this.#stage = stage;
  }

  /** Shows the state. */
  render(player: LivePlayer, state: ViewState): void {
    const stage = this.#stage;
    // The camera may have been renamed since the page was rendered.
    stage.label = player.camera?.name ?? stage.label;
    setText(find('.chip-name', stage), stage.label);
    if (state.kind !== this.#shown && this.#shown !== null) announce(`${stage.label}: ${state.heading ?? state.word}`);
    this.#shown = state.kind;
    const dot = find('.chip .dot', stage);
    if (dot !== null) dot.dataset.tone = state.tone;
    setText(find('.chip-word', stage), state.word);
    const more = state.kind === 'live' ? statsLine(player) || state.more : state.more;
    setText(find('.chip-figures', stage), more);
    this.#renderOver(player, state);
    if (find('.figs[open]', stage) !== null) this.#renderStats(player);
  }

  #renderOver(player: LivePlayer, state: ViewState): void {
    const stage = this.#stage;
    const over = find('.over', stage);
    if (over !== null) over.hidden = state.heading === null;
    setText(find('.over-heading', stage), state.heading ?? '');
    setText(find('.over-text', stage), state.text);
    const since = find('.over-since', stage);
    const at = startOf(player, state);
    if (since !== null) since.hidden = at === null;
    const time = find<HTMLTimeElement>('.over-since time', stage);
    if (at !== null && time !== null) setTime(time, at, 'since', player.now);
    const detail = find('.over-detail', stage);
    if (detail === null) return;
    detail.hidden = state.detail === undefined;
    setText(find('code', detail), state.detail ?? '');
  }

  #renderStats(player: LivePlayer): void {
    const stage = this.#stage;
    const texts = statTexts(player);
    for (const name of statNames) setText(find(`[data-figure=${name}]`, stage), texts[name]);
    const warning = find('[data-figure=warning]', stage);
    if (warning !== null) warning.hidden = texts.warning === '';
  }
}

/** When the current problem began; null if there is none or it is unknown. */
function startOf({ camera, problem }: LivePlayer, { kind }: ViewState): number | null {
  if (kind === 'reconnecting') return camera?.state.kind === 'reconnecting' ? camera.state.since : null;
  return kind === 'failed' ? (problem?.since ?? null) : null;
}
