import { m } from '#messages';
import type { CameraState } from '../domain/cameras/camera.ts';
import { formatWord } from './format-word.ts';
import { joined } from './joined.ts';
import { sizeWord } from './numbers.ts';
import { rateWord } from './view-state.ts';
import { problemHeading } from './words.ts';

/** The detail next to a camera's state in lists: its mode while live, otherwise the reason. */
export function stateMore(state: CameraState): string {
  switch (state.kind) {
    case 'live':
      return joined(sizeWord(state), rateWord(state.fps, state.claimedFps), formatWord(state.format));
    case 'reconnecting':
      return problemHeading(state.problem.code);
    case 'closed':
      return m.states_no_viewers();
    case 'opening':
    case 'off':
      return '';
    default:
      return state satisfies never;
  }
}
