import { Icon } from './icon.tsx';

const keys = [
  ['Space', 'Start or stop'],
  ['C S', 'Capture a photo'],
  ['F', 'Full screen'],
  ['P', 'Picture in picture'],
  ['M', 'Mute or unmute'],
  ['+ − 0', 'Zoom in, zoom out, reset'],
  ['I', 'Stats'],
  ['A', 'Camera controls'],
  ['← →', 'Switch camera, or pan'],
  ['G', 'All cameras'],
  ['?', 'This help'],
] as const;

/** The list of keyboard shortcuts, opened by `?`. */
export function KeyboardHelp() {
  return (
    <dialog id="help" aria-labelledby="help-title">
      <form method="dialog">
        <button class="ib dialog-close" aria-label="Close">
          <Icon name="cross" />
        </button>
      </form>
      <h2 id="help-title">Keyboard shortcuts</h2>
      <dl class="keys">
        {keys.map(([key, what]) => (
          <div>
            <dt>
              {key.split(' ').map((each) => (
                <kbd>{each}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </dialog>
  );
}
