import { agoWord } from '../../text/words.ts';
import { find, setText } from '../lib/dom.ts';
import type { PortholePlayer } from '../player/element/porthole-player.ts';

/** Shows how old the picture of a paused tile is. */
export function showAge(stage: PortholePlayer, pictureAt: number | null): void {
  const age = find('.tile-age', stage);
  let at = pictureAt;
  stage.addEventListener('figures', () => {
    const { player } = stage;
    if (age === null || player === null) return;
    // While frames arrive, the last one is as old as their latency.
    if (player.streaming && player.display.hasFrame)
      at = player.now - Math.max(player.display.silentFor, player.stats?.age ?? 0);
    age.hidden = at === null;
    if (at !== null) setText(age, agoWord(player.now - at));
  });
}
