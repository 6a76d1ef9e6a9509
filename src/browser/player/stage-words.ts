import type { ViewState } from '../../text/view-state.ts';
import { sinceWord } from '../../text/words.ts';
import { announce, find, serverZone, setText } from '../lib/dom.ts';
import { figureNames, statsLine, figureWords } from './stats-words.ts';
import type { LivePlayer } from './live-player.ts';
import type { PortholePlayer } from './element/porthole-player.ts';

/** What a {@link StageWords} is made of. */
export interface StageWordsOptions {
  readonly stage: PortholePlayer;
  /** The camera's name when the page was made. */
  readonly name: string;
  readonly withStats: boolean;
}

/** What Porthole's pages say over and beside one picture. */
export class StageWords {
  readonly #options: StageWordsOptions;
  #shown: ViewState['kind'] | null = null;

  constructor(options: StageWordsOptions) {
    this.#options = options;
  }

  /** Writes the state into its places. */
  render(player: LivePlayer, state: ViewState): void {
    const { stage, name, withStats: withStats } = this.#options;
    if (state.kind !== this.#shown && this.#shown !== null) announce(`${name}: ${state.heading ?? state.word}`);
    this.#shown = state.kind;
    const dot = find('.chip .dot', stage);
    if (dot !== null) dot.dataset.tone = state.tone;
    setText(find('.chip-word', stage), state.word);
    const more = state.kind === 'live' ? statsLine(player) || state.more : state.more;
    setText(find('.chip-figures', stage), more);
    this.#renderOver(player, state);
    if (withStats && find('.figs[open]', stage) !== null) this.#renderStats(player);
  }

  #renderOver(player: LivePlayer, state: ViewState): void {
    const { stage } = this.#options;
    const over = find('.over', stage);
    if (over !== null) over.hidden = state.heading === null;
    setText(find('.over-heading', stage), state.heading ?? '');
    setText(find('.over-text', stage), state.text);
    const since = find('.over-since', stage);
    const at = startOf(player, state);
    if (since !== null) since.hidden = at === null;
    if (at !== null) setText(since, sinceWord(at, player.now, serverZone()));
    const detail = find('.over-detail', stage);
    if (detail === null) return;
    detail.hidden = state.detail === undefined;
    setText(find('code', detail), state.detail ?? '');
  }

  #renderStats(player: LivePlayer): void {
    const { stage } = this.#options;
    const words = figureWords(player);
    for (const name of figureNames) setText(find(`[data-figure=${name}]`, stage), words[name]);
    const warning = find('[data-figure=warning]', stage);
    if (warning !== null) warning.hidden = words.warning === '';
  }
}

/** When that began which keeps the picture away; null where that is not told. */
function startOf({ camera, problem }: LivePlayer, { kind }: ViewState): number | null {
  if (kind === 'reconnecting') return camera?.state.kind === 'reconnecting' ? camera.state.since : null;
  return kind === 'failed' ? (problem?.since ?? null) : null;
}
