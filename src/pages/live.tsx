import { m } from '#messages';
import type { CameraInfo } from '../domain/cameras/camera.ts';
import { sizeWord } from '../text/numbers.ts';
import { sizeChoices } from '../text/size-choice.ts';
import { rateWord, type ViewState } from '../text/view-state.ts';
import type { Watching } from '../domain/users/watching.ts';
import type { LiveModel } from './models.ts';
import { page } from './parts/document.tsx';
import { formatWord } from '../text/format-word.ts';
import { cameraUrl, Csrf } from './parts/form.tsx';
import { Icon, Mark } from './parts/icon.tsx';
import { KioskExit } from './parts/live/kiosk-exit.tsx';
import { KeyboardHelp } from './parts/live/keyboard-help.tsx';
import { OtherCameras } from './parts/live/other-cameras.tsx';
import { PtzOver } from './parts/live/ptz-pad.tsx';
import { PhotoLink, PhotoTemplate } from './parts/photo-card.tsx';
import { Chip, Over, Picture, PlayerStage, serverState, StartForm } from './parts/live/stage.tsx';

/** The live page of a camera: video, controls and the latest photos. */
export function live(model: LiveModel): string {
  const { camera } = model;
  if (camera === null)
    return page(model, { title: m.live_no_camera_title(), name: 'empty', children: <NoCamera model={model} /> });
  const { watching, kiosk, photos, mayCapture } = model;
  const state = serverState(camera, watching);
  return page(model, {
    title: camera.name,
    name: kiosk ? 'live kiosk' : 'live',
    script: 'live',
    chrome: !kiosk,
    tab: camera.id,
    data: { camera, watching, autoStart: model.autoStart, cameras: model.cameras, role: model.user?.role ?? 'viewer' },
    children: (
      <>
        <h1 class="vh">{camera.name}</h1>
        {kiosk && <KioskExit href={cameraUrl(camera.id)} />}
        {(state.kind === 'reconnecting' || state.kind === 'starting') && (
          <noscript>
            <meta http-equiv="refresh" content="5" />
          </noscript>
        )}
        <Watch model={model} camera={camera} state={state} />
        {!kiosk && (mayCapture || photos.length > 0) && (
          <section class="strip" aria-label={m.live_latest()}>
            <ol id="film" tabIndex={0} aria-label={m.live_latest_list()}>
              {photos.map((photo) => (
                <li key={photo.id}>
                  <PhotoLink photo={photo} />
                </li>
              ))}
            </ol>
            <p class="strip-empty">{m.live_film_empty()}</p>
            <a class="strip-all" href="/photos">
              {m.live_all_photos()}
            </a>
          </section>
        )}
        {!kiosk && <OtherCameras cameras={model.cameras} here={camera.id} posters={model.posters} />}
        <PhotoTemplate />
        <KeyboardHelp />
      </>
    ),
  });
}

function Watch({
  model,
  camera,
  state,
}: {
  readonly model: LiveModel;
  readonly camera: CameraInfo;
  readonly state: ViewState;
}) {
  const { watching, csrf } = model;
  const start = <StartForm camera={camera} watching={watching} csrf={csrf} />;
  const startInside = state.action === 'start';
  return (
    <section class="watch" data-shape={shapeOf(camera.size)} aria-label={camera.name}>
      <div class="screen">
        <PlayerStage camera={camera} watching={watching} state={state}>
          <Picture camera={camera} watching={watching} hasPoster={model.posters.includes(camera.id)} />
          <Over state={state} camera={camera} model={model} start={startInside ? start : null} />
          <Stats camera={camera} state={state} />
        </PlayerStage>
        <div class="bar" role="group" aria-label={m.player_controls()}>
          <div class="bar-side">
            <div class="start-there">{startInside ? null : start}</div>
            <form class="stop" method="post" action="/stream/stop">
              <Csrf token={csrf} />
              <input type="hidden" name="camera" value={camera.id} />
              <button class="b" type="submit" disabled={!watching.streaming} title={m.player_stop_key()}>
                <Icon name="square" />
                <span class="label">{m.live_stop()}</span>
              </button>
            </form>
            <SizeForm camera={camera} watching={watching} csrf={csrf} />
          </div>
          {model.mayCapture && (
            <form class="capture" method="post" action="/capture">
              <Csrf token={csrf} />
              <input type="hidden" name="camera" value={camera.id} />
              <button
                class="shutter"
                type="submit"
                disabled={!watching.streaming || state.kind === 'off'}
                aria-label={m.live_capture()}
                title={m.live_capture_key()}
              >
                <i />
              </button>
            </form>
          )}
          <div class="bar-side">
            <button
              class="b js-only"
              type="button"
              id="mute"
              aria-label={m.live_audio()}
              title={m.live_audio_key()}
              aria-pressed="false"
              hidden
            >
              <Icon name="audio" />
            </button>
            <button
              class="b js-only"
              type="button"
              id="fullscreen"
              aria-label={m.live_full()}
              title={m.player_full_key()}
            >
              <Icon name="maximize" />
              <span class="label">{m.live_full()}</span>
            </button>
            <More camera={camera} mayControl={model.mayCapture} />
          </div>
        </div>
        {model.mayMove && !model.kiosk && <PtzOver camera={camera} script={model.assets.ptz} />}
      </div>
      {model.mayCapture && <Adjust />}
    </section>
  );
}

/** The common shape that is nearest to a camera's; that of most cameras while it is unknown. */
function shapeOf(size: CameraInfo['size']): string {
  if (!size) return '16:9';
  const off = (shape: string) => {
    const [width = 1, height = 1] = shape.split(':').map(Number);
    return Math.abs(Math.log((size.width * height) / (size.height * width)));
  };
  return ['16:9', '3:2', '4:3', '1:1', '3:4', '9:16'].reduce((best, shape) => (off(shape) < off(best) ? shape : best));
}

function Stats({ camera, state }: { readonly camera: CameraInfo; readonly state: ViewState }) {
  const { size, state: own } = camera;
  const source = own.kind === 'live' ? own : null;
  return (
    <details class="figs" id="figures" slot="status">
      <summary class="chip" title={m.player_info()}>
        <Chip state={state} />
      </summary>
      <dl>
        <dt>{m.player_transport()}</dt>
        <dd data-figure="transport">{m.player_mjpeg()}</dd>
        <dt>{m.player_codec()}</dt>
        <dd data-figure="codec">JPEG</dd>
        <dt>{m.player_size()}</dt>
        <dd data-figure="size">{size ? sizeWord(size) : '–'}</dd>
        <dt>{m.player_rate()}</dt>
        <dd data-figure="fps">{state.more || '–'}</dd>
        <dt>{m.player_latency()}</dt>
        <dd data-figure="age">–</dd>
        <dt>{m.player_bitrate()}</dt>
        <dd data-figure="bitrate">–</dd>
        <dt>{m.player_dropped()}</dt>
        <dd data-figure="drops">–</dd>
        <dt>{m.live_camera()}</dt>
        <dd data-figure="mode">{source === null ? '–' : `${sizeWord(source)} ${formatWord(source.format)}`}</dd>
        <dt>{m.live_camera_rate()}</dt>
        <dd data-figure="source-rate">{(source !== null && rateWord(source.fps, source.claimedFps)) || '–'}</dd>
        <dd class="figs-warning" data-figure="warning" hidden={source?.warning === undefined}>
          {source?.warning}
        </dd>
      </dl>
    </details>
  );
}

function SizeForm({
  camera,
  watching,
  csrf,
}: {
  readonly camera: CameraInfo;
  readonly watching: Watching;
  readonly csrf: string;
}) {
  return (
    <form class="size" method="post" action="/stream/size">
      <Csrf token={csrf} />
      <input type="hidden" name="camera" value={camera.id} />
      <label class="b size-label" title={m.live_video_size()}>
        <Icon name="scaling" />
        <span class="vh">{m.live_video_size()}</span>
        <select name="width">
          {sizeChoices(camera, watching).map(({ value, label, chosen }) => (
            <option value={value} selected={chosen}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <button class="b no-js" type="submit">
        {m.live_set_size()}
      </button>
    </form>
  );
}

/** Panel for the camera's controls, which scripts fill. */
function Adjust() {
  return (
    <section class="adjust" id="adjust" aria-labelledby="adjust-title" tabIndex={-1} hidden>
      <div class="adjust-head">
        <h2 id="adjust-title">{m.live_controls()}</h2>
        <button
          class="ib"
          type="button"
          id="adjust-close"
          aria-label={m.live_controls_close()}
          title={m.live_close_key()}
        >
          <Icon name="cross" />
        </button>
      </div>
      <div class="adjust-body" id="adjust-body" />
    </section>
  );
}

function More({ camera, mayControl }: { readonly camera: CameraInfo; readonly mayControl: boolean }) {
  const id = encodeURIComponent(camera.id);
  return (
    <details class="menu up">
      <summary class="b" aria-label={m.live_more()} title={m.live_more()}>
        <Icon name="ellipsis" />
      </summary>
      <div class="sheet">
        {mayControl && (
          <a href={`/cameras/${id}/controls`} id="show-controls">
            <Icon name="sliders" />
            {m.live_controls()}
          </a>
        )}
        <button type="button" class="js-only" id="show-figures">
          <Icon name="gauge" />
          {m.player_info()}
        </button>
        <button type="button" class="js-only" id="float" aria-pressed="false" hidden>
          <Icon name="float" />
          {m.live_float()}
        </button>
        <button type="button" class="js-only" id="fill" aria-pressed="false">
          <Icon name="crop" />
          {m.live_fill()}
        </button>
        <div id="transports" role="group" aria-labelledby="transports-label" hidden>
          <p class="sheet-label" id="transports-label">
            {m.player_transport()}
          </p>
          <div class="sheet-choice">
            <button type="button" data-transport="auto" title={m.live_transport_best()}>
              {m.player_automatic()}
            </button>
            <button type="button" data-transport="webrtc" title={m.live_transport_latency()} hidden>
              WebRTC
            </button>
            <button type="button" data-transport="h264" title={m.live_transport_data()}>
              H.264
            </button>
            <button type="button" data-transport="jpeg" title={m.live_transport_everywhere()}>
              JPEG
            </button>
          </div>
        </div>
        <a href={`/?camera=${id}&kiosk`}>
          <Icon name="tv" />
          {m.live_kiosk()}
        </a>
        <a href={`/cameras/${id}/connect`}>
          <Icon name="plug" />
          {m.connect_link()}
        </a>
        <a href={`/cameras/${id}/snapshot.jpg`} target="_blank">
          <Icon name="image" />
          {m.live_snapshot()}
        </a>
        <a href={`/cameras/${id}/stream.mjpeg`} target="_blank">
          <Icon name="external" />
          {m.live_stream_url()}
        </a>
        <button type="button" class="js-only" id="show-help">
          <Icon name="keyboard" />
          {m.live_keys_title()}
        </button>
      </div>
    </details>
  );
}

function NoCamera({ model }: { readonly model: LiveModel }) {
  return (
    <div class="empty">
      <Mark />
      <h1>{m.live_no_camera()}</h1>
      {model.user?.role === 'admin' ? (
        <>
          <p>{m.live_no_camera_admin()}</p>
          <a class="btn" href="/settings/cameras/new">
            <Icon name="plus" />
            {m.live_add_camera()}
          </a>
        </>
      ) : (
        <p>{m.live_no_camera_viewer()}</p>
      )}
    </div>
  );
}
