import { m } from '#messages';
import { controlGroups, controlGroupWord } from '../text/control-words.ts';
import { immovable, isMovable } from '../domain/cameras/ptz.ts';
import type { CameraControlsModel } from './models.ts';
import { ControlRow } from './parts/control-row.tsx';
import { page } from './parts/document.tsx';
import { cameraUrl, Csrf, ErrorNote } from './parts/form.tsx';
import { PtzPad } from './parts/live/ptz-pad.tsx';
import { AwayNotice } from './parts/settings-page.tsx';
import { Icon } from './parts/icon.tsx';
import { Picture, serverState } from './parts/live/stage.tsx';

/** The page with a camera's controls and video, for browsers without scripts. The live page's script takes the form from it. */
export function cameraControls(model: CameraControlsModel): string {
  const { camera, watching } = model;
  const state = serverState(camera, watching);
  return page(model, {
    title: m.controls_title({ name: camera.name }),
    name: 'controls page-settings',
    script: 'settings',
    tab: camera.id,
    children: (
      <div class="settings">
        <AwayNotice />
        <a class="back" href={cameraUrl(camera.id)}>
          <Icon name="arrowLeft" />
          {camera.name}
        </a>
        <h1>{m.controls_heading()}</h1>
        {(watching.streaming || model.hasPoster) && (
          <div class="stage small-stage" data-state={state.kind === 'live' ? 'live' : 'starting'}>
            <Picture camera={camera} watching={watching} hasPoster={model.hasPoster} />
          </div>
        )}
        <section class="panel" aria-label={m.controls_label()}>
          <Controls model={model} />
        </section>
      </div>
    ),
  });
}

function Controls({ model }: { readonly model: CameraControlsModel }) {
  const { camera, controls, problem, csrf, ptz = immovable } = model;
  const action = `/cameras/${encodeURIComponent(camera.id)}/controls`;
  if (problem !== null) {
    return (
      <div id="controls">
        <ErrorNote problem={problem} />
        <a class="btn small ghost" href={action}>
          {m.controls_again()}
        </a>
      </div>
    );
  }
  if (controls.length === 0) {
    return (
      <div id="controls">
        {isMovable(ptz) ? (
          <PtzPad camera={camera} ptz={ptz} csrf={csrf} script={model.assets.ptz} />
        ) : (
          <p class="hint">{m.controls_none({ name: camera.name })}</p>
        )}
      </div>
    );
  }
  return (
    <div id="controls" class="controls" data-camera={camera.id}>
      <form method="post" action={action} id="set-controls">
        <Csrf token={csrf} />
        {controlGroups(controls).map((group) => (
          <fieldset key={group.name}>
            <legend>{controlGroupWord(group.name)}</legend>
            {group.controls.map((control) => (
              <ControlRow key={control.id} control={control} all={controls} />
            ))}
          </fieldset>
        ))}
        <button class="btn small no-js" type="submit">
          {m.controls_set()}
        </button>
      </form>
      <form method="post" action={action} id="press-control">
        <Csrf token={csrf} />
        <button class="btn small ghost" name="reset" value="1" type="submit">
          {m.controls_reset()}
        </button>
        <p class="hint">{m.controls_kept()}</p>
      </form>
    </div>
  );
}
