import { m } from '#messages';
import { type ComponentChildren, h } from 'preact';
import type { CameraInfo } from '../../../domain/cameras/camera.ts';
import { tileVideo } from '../../../domain/cameras/tile-video.ts';
import { viewState, type ViewState } from '../../../text/view-state.ts';
import { dataSaver } from '../../../domain/users/data-saver.ts';
import type { Watching } from '../../../domain/users/watching.ts';
import type { Shell } from '../../models.ts';
import { Csrf, Dot } from '../form.tsx';
import { Icon, Mark } from '../icon.tsx';
import { useSavesData } from '../saves-data.ts';
import { Time } from '../time.tsx';

/** The state of a view as the server knows it, rendered before any script runs. */
export function serverState(camera: CameraInfo, watching: Watching): ViewState {
  return viewState({
    camera: camera.state,
    streaming: watching.streaming,
    connection: 'page',
    hasFrame: false,
    problem: null,
    now: Date.now(),
  });
}

/** The `<porthole-player>` of a camera with server-rendered content, so that it works without scripts. */
export function PlayerStage(props: {
  readonly camera: CameraInfo;
  readonly watching: Watching;
  readonly state: ViewState;
  readonly tile?: boolean;
  readonly children: ComponentChildren;
}) {
  const { camera, watching, state, tile, children } = props;
  const kind = tile
    ? { class: 'stage tile', width: 'auto', ...tileVideo(camera, watching.width), 'no-zoom': true }
    : { class: 'stage', width: watching.width };
  return h(
    'porthole-player',
    {
      ...kind,
      camera: camera.id,
      label: camera.name,
      paused: !watching.streaming,
      'data-camera': camera.id,
      'data-streaming': String(watching.streaming),
      'data-state': state.kind,
    },
    children,
  );
}

/** The video without scripts: the MJPEG stream while streaming, otherwise the poster or the logo. */
export function Picture(props: {
  readonly camera: CameraInfo;
  readonly watching: Watching;
  readonly hasPoster: boolean;
  /** In the grid: without scripts the tile plays, or shows stills. Scripts play every tile without either. */
  readonly tile?: 'feed' | 'still';
}) {
  const { camera, watching, hasPoster, tile } = props;
  const query = encodeURIComponent(camera.id);
  const width = watching.width === 'source' ? camera.size?.width : watching.width;
  const height = width && camera.size ? Math.round((width * camera.size.height) / camera.size.width) : undefined;
  const small = useSavesData() ? `?width=${dataSaver.poster}` : '';
  return (
    <div class="pic">
      <div class="pic-none">
        <Mark />
      </div>
      {hasPoster && <img class="poster" src={`/cameras/${query}/poster.jpg${small}`} alt="" />}
      {watching.streaming && tile !== undefined && (
        <noscript>
          {tile === 'feed' ? (
            <img class="feed" src={`/video_feed?camera=${query}&width=640`} alt={m.live_alt({ name: camera.name })} />
          ) : (
            <iframe class="feed" src={`/cameras/${query}/still`} title={m.grid_still({ camera: camera.name })} />
          )}
        </noscript>
      )}
      {watching.streaming && tile === undefined && (
        <img
          class="feed"
          src={`/video_feed?camera=${query}`}
          width={width}
          height={height}
          alt={m.live_alt({ name: camera.name })}
        />
      )}
    </div>
  );
}

/** The chip in a corner of the video: a dot, a word and short stats. */
export function Chip({ state }: { readonly state: ViewState }) {
  return (
    <>
      <Dot tone={state.tone} />
      <span class="chip-word">{state.word}</span>
      <span class="chip-more chip-figures">{state.more}</span>
    </>
  );
}

/** The text over a video and the action it offers. */
export function Over(props: {
  readonly state: ViewState;
  readonly camera: CameraInfo;
  readonly model: Shell;
  readonly start: ComponentChildren;
  readonly small?: boolean;
}) {
  const { state, camera, model, start, small } = props;
  const size = small ? 'small ' : '';
  const since = state.kind === 'reconnecting' && camera.state.kind === 'reconnecting' ? camera.state.since : null;
  return (
    <div class="over" slot="words" hidden={state.heading === null}>
      <div class="over-box">
        <Mark />
        <h2 class="over-heading">{state.heading}</h2>
        <p class="over-text">{state.text}</p>
        <p class="over-since" hidden={since === null}>
          {since === null ? <time /> : <Time at={since} form="since" />}
        </p>
        <div class="over-actions">
          <div class="start-here">{start}</div>
          <form
            class="retry"
            method="post"
            action={`/cameras/${encodeURIComponent(camera.id)}/retry`}
            hidden={state.action !== 'retry'}
          >
            <Csrf token={model.csrf} />
            <button class={`btn ${size}glassy`} type="submit">
              {m.common_try_now()}
            </button>
          </form>
          <button class={`btn ${size}glassy reconnect`} type="button" hidden>
            {m.common_try_now()}
          </button>
          <a class={`btn ${size}sign-in`} href={`/login?next=${encodeURIComponent(model.path)}`} hidden>
            {m.common_sign_in()}
          </a>
          {model.user?.role === 'admin' && (
            <a
              class={`btn ${size}glassy switch-on`}
              href={`/settings#${encodeURIComponent(camera.id)}`}
              hidden={state.action !== 'switch-on'}
            >
              {m.live_open_settings()}
            </a>
          )}
          <details class="more-detail over-detail" hidden={state.detail === undefined}>
            <summary>{m.common_details()}</summary>
            <code>{state.detail}</code>
          </details>
        </div>
      </div>
    </div>
  );
}

/** The form that starts the stream, one per camera. Scripts move it between the video and the bar. */
export function StartForm(props: {
  readonly camera: CameraInfo;
  readonly watching: Watching;
  readonly csrf: string;
  readonly small?: boolean;
}) {
  const { camera, watching, csrf, small } = props;
  return (
    <form class="start" method="post" action="/stream/start">
      <Csrf token={csrf} />
      <input type="hidden" name="camera" value={camera.id} />
      <button
        class={small ? 'btn small glassy' : 'btn'}
        type="submit"
        disabled={watching.streaming}
        {...(small ? { 'aria-label': m.live_start_camera({ name: camera.name }) } : {})}
      >
        <Icon name="play" />
        {small ? (
          <span>{m.grid_start()}</span>
        ) : (
          <span>
            {m.live_start()}
            <span class="long">{m.live_start_rest()}</span>
          </span>
        )}
      </button>
    </form>
  );
}
