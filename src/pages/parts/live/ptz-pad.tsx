import { m } from '#messages';
import type { CameraInfo } from '../../../domain/cameras/camera.ts';
import type { Ptz, PtzDirection } from '../../../domain/cameras/ptz.ts';
import { Csrf } from '../form.tsx';
import { Icon, type IconName } from '../icon.tsx';

/** Arrows, zoom and presets of a camera that can be moved: one step per press; scripts move it as long as one is held. */
export function PtzPad(props: {
  readonly camera: CameraInfo;
  readonly ptz: Ptz;
  readonly csrf: string;
  /** The URL of the script. */
  readonly script: string;
}) {
  const { camera, ptz, csrf, script } = props;
  return (
    <form
      class="ptz"
      method="post"
      action={`/cameras/${encodeURIComponent(camera.id)}/ptz`}
      data-camera={camera.id}
      data-script={script}
    >
      <Csrf token={csrf} />
      {(ptz.turns || ptz.zooms) && (
        <>
          <div class="ptz-pad" role="group" aria-label={m.controls_ptz()}>
            {ptz.turns && (
              <>
                <Move to="up" icon="arrowUp" label={m.controls_ptz_up()} />
                <Move to="left" icon="arrowUp" label={m.controls_ptz_left()} />
                <Move to="right" icon="arrowUp" label={m.controls_ptz_right()} />
                <Move to="down" icon="arrowUp" label={m.controls_ptz_down()} />
              </>
            )}
            {ptz.zooms && (
              <>
                <Move to="in" icon="plus" label={m.controls_ptz_in()} />
                <Move to="out" icon="minus" label={m.controls_ptz_out()} />
              </>
            )}
          </div>
          <p class="hint js-only">{m.controls_ptz_hint()}</p>
        </>
      )}
      {ptz.presets.length > 0 && (
        <fieldset class="ptz-presets">
          <legend>{m.controls_ptz_presets()}</legend>
          {ptz.presets.map(({ id, name }) => (
            <button key={id} class="btn small ghost" type="submit" name="preset" value={id}>
              <span class="name">{name}</span>
            </button>
          ))}
        </fieldset>
      )}
    </form>
  );
}

/**
 * The same over the video, for a camera that may be one that can be moved. The script asks the camera, shows what it can do,
 * and adds its presets.
 */
export function PtzOver({ camera, script }: { readonly camera: CameraInfo; readonly script: string }) {
  return (
    <div
      class="ptz ptz-over"
      role="group"
      aria-label={m.controls_ptz()}
      tabIndex={-1}
      data-camera={camera.id}
      data-script={script}
      hidden
    >
      <Over name="pad" value="shown" icon="move" label={m.controls_ptz()} />
      <Over name="move" value="up" icon="arrowUp" label={m.controls_ptz_up()} />
      <Over name="move" value="left" icon="arrowUp" label={m.controls_ptz_left()} />
      <Over name="move" value="right" icon="arrowUp" label={m.controls_ptz_right()} />
      <Over name="move" value="down" icon="arrowUp" label={m.controls_ptz_down()} />
      <Over name="move" value="out" icon="minus" label={m.controls_ptz_out()} />
      <Over name="move" value="in" icon="plus" label={m.controls_ptz_in()} />
      <details class="menu">
        <summary class="b" aria-label={m.controls_ptz_presets()} title={m.controls_ptz_presets()}>
          <Icon name="place" />
        </summary>
        <div class="sheet" />
      </details>
      <Over name="pad" value="hidden" icon="cross" label={m.controls_ptz_hide()} />
    </div>
  );
}

interface ButtonProps {
  readonly icon: IconName;
  readonly label: string;
}

function Move({ to, icon, label }: ButtonProps & { readonly to: PtzDirection }) {
  return (
    <button class="btn ghost" type="submit" name="move" value={to} aria-label={label} title={label}>
      <Icon name={icon} />
    </button>
  );
}

function Over({ name, value, icon, label }: ButtonProps & { readonly name: string; readonly value: string }) {
  return (
    <button class="b" type="button" name={name} value={value} aria-label={label} title={label}>
      <Icon name={icon} />
    </button>
  );
}
