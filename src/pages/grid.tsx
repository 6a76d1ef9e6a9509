import { m } from '#messages';
import { type GridLayout, gridLayouts } from '../domain/users/grid-settings.ts';
import type { GridModel, GridTile } from './models.ts';
import { page } from './parts/document.tsx';
import { cameraUrl, Csrf, Dot } from './parts/form.tsx';
import { Icon } from './parts/icon.tsx';
import { agoWord } from '../text/words.ts';
import { KioskExit } from './parts/live/kiosk-exit.tsx';
import { KeyboardHelp } from './parts/live/keyboard-help.tsx';
import { Over, Picture, PlayerStage, serverState, StartForm } from './parts/live/stage.tsx';

/** Streams that may play without scripts: browsers open six connections to a host, and links need some of them. */
const mostFeeds = 4;

/** The page with all cameras. */
export function grid(model: GridModel): string {
  const kiosk = model.kiosk === true;
  const { tiles } = model;
  const feeds = new Set(tiles.filter(({ watching }) => watching.streaming).slice(0, mostFeeds));
  return page(model, {
    title: m.grid_title(),
    name: kiosk ? 'grid kiosk' : 'grid',
    script: 'live',
    chrome: !kiosk,
    tab: 'grid',
    data: {
      tiles: tiles.map(({ camera, watching, autoStart, pictureAt }) => ({ camera, watching, autoStart, pictureAt })),
      cameras: model.cameras,
      role: model.user?.role ?? 'viewer',
    },
    children: (
      <>
        <h1 class="vh">{m.grid_title()}</h1>
        {kiosk && <KioskExit href="/?view=grid" />}
        {!kiosk && tiles.length > 0 && <Head model={model} />}
        <ul
          class="cams"
          data-auto={autoColumns(tiles.length)}
          data-large={largeColumns(tiles.length)}
          data-layout={model.grid.layout}
          data-auto-start={String(model.grid.autoStart)}
        >
          {tiles.map((tile) => (
            <li key={tile.camera.id} data-camera={tile.camera.id}>
              <Tile tile={tile} model={model} plays={feeds.has(tile)} />
            </li>
          ))}
        </ul>
        <KeyboardHelp />
      </>
    ),
  });
}

/** The columns of the layout "auto" on a wide screen: one or two rows while tiles stay large. */
function autoColumns(cameras: number): number {
  if (cameras < 5) return cameras === 1 ? 1 : 2;
  return cameras < 10 ? 3 : 4;
}

/** The columns of the layout with one large tile: those that leave the fewest places empty around it. */
function largeColumns(cameras: number): number {
  if (cameras === 1) return 2;
  return [2, 3, 5, 6].includes(cameras) ? 3 : 4;
}

function Head({ model }: { readonly model: GridModel }) {
  const streams = model.tiles.map(({ camera, watching }) => camera.state.kind === 'off' || watching.streaming);
  return (
    <div class="grid-head">
      <form id="all" method="post" action="/stream/all">
        <Csrf token={model.csrf} />
        <button class="btn small ghost" name="streaming" value="1" disabled={streams.every(Boolean)}>
          <Icon name="play" />
          {m.grid_start_all()}
        </button>
        <button
          class="btn small ghost"
          name="streaming"
          value="0"
          disabled={!model.tiles.some(({ watching }) => watching.streaming)}
        >
          <Icon name="square" />
          {m.grid_stop_all()}
        </button>
      </form>
      <button class="btn small js-only" type="button" id="arranged" hidden>
        <Icon name="check" />
        {m.grid_done()}
      </button>
      <p class="arrange-hint">{m.grid_arrange_drag()}</p>
      <details class="menu" id="view">
        <summary class="btn small ghost">
          <Icon name="sliders" />
          {m.grid_view()}
        </summary>
        <View model={model} />
      </details>
    </div>
  );
}

function layoutWord(layout: GridLayout): { readonly short: string; readonly long: string } {
  switch (layout) {
    case 'auto':
      return { short: m.grid_layout_auto(), long: m.grid_layout_auto_long() };
    case 'large':
      return { short: m.grid_layout_large(), long: m.grid_layout_large_long() };
    default:
      return { short: layout, long: m.grid_layout_columns({ columns: layout }) };
  }
}

/** Layout, order and automatic start. Scripts apply each change at once; without them the form has buttons. */
function View({ model }: { readonly model: GridModel }) {
  const { layout, autoStart } = model.grid;
  return (
    <form class="sheet" id="grid-form" method="post" action="/grid">
      <Csrf token={model.csrf} />
      <fieldset>
        <legend>{m.grid_layout()}</legend>
        <div class="layouts">
          {gridLayouts.map((each) => (
            <label key={each} title={layoutWord(each).long}>
              <input
                type="radio"
                name="layout"
                value={each}
                checked={each === layout}
                aria-label={layoutWord(each).long}
              />
              <span>{layoutWord(each).short}</span>
            </label>
          ))}
        </div>
      </fieldset>
      <button class="no-js" type="submit">
        <Icon name="check" />
        {m.grid_apply()}
      </button>
      <label class="auto-start js-only">
        {m.grid_auto_start()}
        <input class="toggle" type="checkbox" role="switch" name="autoStart" checked={autoStart} />
      </label>
      {model.tiles.length > 1 && (
        <button class="js-only" type="button" id="arrange">
          <Icon name="grip" />
          {m.grid_arrange()}
        </button>
      )}
      {model.tiles.slice(1).map(({ camera }) => (
        <button key={camera.id} class="no-js" type="submit" name="up" value={camera.id}>
          <Icon name="arrowUp" />
          {m.grid_move_up({ camera: camera.name })}
        </button>
      ))}
    </form>
  );
}

function Tile({ tile, model, plays }: { readonly tile: GridTile; readonly model: GridModel; readonly plays: boolean }) {
  const { camera, watching, hasPoster, pictureAt } = tile;
  const state = serverState(camera, watching);
  const start = <StartForm camera={camera} watching={watching} csrf={model.csrf} small />;
  const startInside = state.action === 'start';
  return (
    <PlayerStage camera={camera} watching={watching} state={state} tile>
      <Picture camera={camera} watching={watching} hasPoster={hasPoster} tile={plays ? 'feed' : 'still'} />
      <a class="enlarge" slot="controls" href={cameraUrl(camera.id)}>
        <span class="vh">{m.grid_enlarge({ camera: camera.name })}</span>
      </a>
      <Over state={state} camera={camera} model={model} start={startInside ? start : null} small />
      <p class="tile-age" slot="status" hidden={pictureAt === null}>
        {pictureAt !== null && agoWord(Date.now() - pictureAt)}
      </p>
      <div class="chip" slot="status">
        <span class="caption">
          <Dot tone={state.tone} />
          <b class="chip-name">{camera.name}</b>
          <span class="chip-word">{state.word}</span>
        </span>
        <span class="chip-figures">{state.more}</span>
      </div>
      <div class="tile-bar" slot="controls">
        <div class="start-there" hidden>
          {startInside ? null : start}
        </div>
        <form class="stop" method="post" action="/stream/stop">
          <Csrf token={model.csrf} />
          <input type="hidden" name="camera" value={camera.id} />
          <button
            class="b"
            type="submit"
            disabled={!watching.streaming}
            aria-label={m.grid_stop({ camera: camera.name })}
          >
            <Icon name="square" />
          </button>
        </form>
      </div>
      {model.kiosk !== true && (
        <button class="grip" slot="controls" type="button" aria-label={m.grid_move({ camera: camera.name })} hidden>
          <Icon name="grip" />
        </button>
      )}
    </PlayerStage>
  );
}
