// The script behind `/player.js`: the player for other sites' pages.
import { definePlayer } from './player/element/porthole-player.ts';

export { PortholePlayer } from './player/element/porthole-player.ts';

definePlayer();
