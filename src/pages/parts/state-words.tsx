import type { CameraInfo } from '../../domain/cameras/camera.ts';
import { stateMore } from '../../text/camera-words.ts';
import { stateWord } from '../../text/words.ts';
import { Dot } from './form.tsx';

/** A camera's state in words, with why; scripts keep it up to date. */
export function StateWords({ camera }: { readonly camera: CameraInfo }) {
  const { state } = camera;
  const { tone, word } = stateWord(state);
  const warning = state.kind === 'live' ? state.warning : undefined;
  return (
    <p class="camera-state" data-state-of={camera.id}>
      <Dot tone={tone} />
      <b>{word}</b>
      <span class="camera-more">{stateMore(state)}</span>
      <span class="camera-warning" hidden={warning === undefined}>
        {warning}
      </span>
    </p>
  );
}
