import { m } from '#messages';
import { Icon } from '../icon.tsx';

const keys = [
  ['Space', m.live_keys_start],
  ['C S', m.live_keys_capture],
  ['F', m.live_keys_full],
  ['P', m.live_keys_float],
  ['M', m.live_keys_mute],
  ['+ − 0', m.live_keys_zoom],
  ['I', m.live_keys_stats],
  ['A', m.live_keys_controls],
  ['← →', m.live_keys_switch],
  ['G', m.live_keys_grid],
  ['?', m.live_keys_help],
] as const;

/** The list of keyboard shortcuts, opened by `?`. */
export function KeyboardHelp() {
  return (
    <dialog id="help" aria-labelledby="help-title">
      <form method="dialog">
        <button class="ib dialog-close" aria-label={m.common_close()}>
          <Icon name="cross" />
        </button>
      </form>
      <h2 id="help-title">{m.live_keys_title()}</h2>
      <dl class="keys">
        {keys.map(([key, what]) => (
          <div>
            <dt>
              {key.split(' ').map((each) => (
                <>
                  <kbd>{each === 'Space' ? m.live_keys_space() : each}</kbd>{' '}
                </>
              ))}
            </dt>
            <dd>{what()}</dd>
          </div>
        ))}
      </dl>
    </dialog>
  );
}
