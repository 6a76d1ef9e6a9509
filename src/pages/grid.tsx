import type { GridModel, GridTile } from './models.ts';
import { page } from './parts/document.tsx';
import { cameraUrl, Csrf } from './parts/form.tsx';
import { Icon } from './parts/icon.tsx';
import { KeyboardHelp } from './parts/keyboard-help.tsx';
import { Chip, Over, Picture, PlayerStage, serverState, StartForm } from './parts/stage.tsx';

/** The page with all cameras. */
export function grid(model: GridModel): string {
  const kiosk = model.kiosk === true;
  return page(model, {
    title: 'All cameras',
    name: kiosk ? 'grid kiosk' : 'grid',
    script: 'live',
    chrome: !kiosk,
    tab: 'grid',
    data: { tiles: model.tiles.map(({ camera, watching }) => ({ camera, watching })), cameras: model.cameras },
    children: (
      <>
        <h1 class="vh">All cameras</h1>
        <ul class="cams" data-count={Math.min(model.tiles.length, 10)}>
          {model.tiles.map((tile) => (
            <li key={tile.camera.id}>
              <Tile tile={tile} model={model} />
            </li>
          ))}
        </ul>
        <KeyboardHelp />
      </>
    ),
  });
}

function Tile({ tile, model }: { readonly tile: GridTile; readonly model: GridModel }) {
  const { camera, watching, hasPoster } = tile;
  const state = serverState(camera, watching);
  const start = <StartForm camera={camera} watching={watching} csrf={model.csrf} small />;
  const startInside = state.action === 'start';
  return (
    <PlayerStage camera={camera} watching={watching} state={state} tile>
      <Picture camera={camera} watching={watching} hasPoster={hasPoster} />
      <a class="enlarge" slot="controls" href={cameraUrl(camera.id)}>
        <span class="vh">Enlarge {camera.name}</span>
      </a>
      <Over state={state} camera={camera} model={model} start={startInside ? start : null} small />
      <div class="chip" slot="status">
        <Chip state={state} name={camera.name} />
      </div>
      <div class="tile-bar" slot="controls">
        <div class="start-there" hidden>
          {startInside ? null : start}
        </div>
        <form class="stop" method="post" action="/stream/stop">
          <Csrf token={model.csrf} />
          <input type="hidden" name="camera" value={camera.id} />
          <button class="b" type="submit" disabled={!watching.streaming} aria-label={`Stop ${camera.name}`}>
            <Icon name="square" />
          </button>
        </form>
      </div>
    </PlayerStage>
  );
}
