import { m } from '#messages';
import type { CameraInfo } from '../domain/camera.ts';
import { sizeChoices } from '../text/size-choice.ts';
import { rateWord, type ViewState } from '../text/view-state.ts';
import type { Watching } from '../domain/watching.ts';
import type { LiveModel } from './models.ts';
import { page } from './parts/document.tsx';
import { formatWord } from '../text/format-word.ts';
import { Csrf } from './parts/form.tsx';
import { Icon, Mark } from './parts/icon.tsx';
import { KioskExit } from './parts/kiosk-exit.tsx';
import { KeyboardHelp } from './parts/keyboard-help.tsx';
import { PhotoLink, PhotoTemplate } from './parts/photo-card.tsx';
import { Chip, Over, Picture, PlayerStage, serverState, StartForm } from './parts/stage.tsx';

/** The live page of a camera: video, controls and the latest photos. */
export function live(model: LiveModel): string {
  const { camera } = model;
  if (camera === null) return page(model, { title: 'No camera', name: 'empty', children: <NoCamera model={model} /> });
  const { watching, kiosk, photos, mayCapture } = model;
  const state = serverState(camera, watching);
  return page(model, {
    title: camera.name,
    name: kiosk ? 'live kiosk' : 'live',
    script: 'live',
    chrome: !kiosk,
    tab: camera.id,
    data: { camera, watching, autoStart: model.autoStart, cameras: model.cameras },
    children: (
      <>
        <h1 class="vh">{camera.name}</h1>
        {kiosk && <KioskExit href={`/?camera=${encodeURIComponent(camera.id)}`} />}
        {(state.kind === 'reconnecting' || state.kind === 'starting') && (
          <noscript>
            <meta http-equiv="refresh" content="5" />
          </noscript>
        )}
        <Watch model={model} camera={camera} state={state} />
        {!kiosk && (mayCapture || photos.length > 0) && (
          <section class="strip" aria-label="Latest photos">
            <ol id="film" tabIndex={0} aria-label="Latest photos, newest first">
              {photos.map((photo) => (
                <li key={photo.id}>
                  <PhotoLink photo={photo} />
                </li>
              ))}
            </ol>
            <p class="strip-empty">Photos that you take appear here.</p>
            <a class="strip-all" href="/photos">
              All photos
            </a>
          </section>
        )}
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
          <Picture camera={camera} watching={watching} hasPoster={model.hasPoster} />
          <Over state={state} camera={camera} model={model} start={startInside ? start : null} />
          <Stats camera={camera} state={state} />
        </PlayerStage>
        <div class="bar" role="group" aria-label="Controls">
          <div class="start-there">{startInside ? null : start}</div>
          <form class="stop" method="post" action="/stream/stop">
            <Csrf token={csrf} />
            <input type="hidden" name="camera" value={camera.id} />
            <button class="b" type="submit" disabled={!watching.streaming} title="Stop (space)">
              <Icon name="square" />
              <span class="label">Stop</span>
            </button>
          </form>
          <SizeForm camera={camera} watching={watching} csrf={csrf} />
          {model.mayCapture && (
            <form class="capture" method="post" action="/capture">
              <Csrf token={csrf} />
              <input type="hidden" name="camera" value={camera.id} />
              <button
                class="shutter"
                type="submit"
                disabled={!watching.streaming || state.kind === 'off'}
                aria-label="Capture"
                title="Capture (C)"
              >
                <i />
              </button>
            </form>
          )}
          <button
            class="b js-only"
            type="button"
            id="mute"
            aria-label="Audio"
            title="Audio (M)"
            aria-pressed="false"
            hidden
          >
            <Icon name="audio" />
          </button>
          <button class="b js-only" type="button" id="fullscreen" aria-label="Full screen" title="Full screen (F)">
            <Icon name="maximize" />
          </button>
          <More camera={camera} mayControl={model.mayCapture} />
        </div>
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
      <summary class="chip" title="Stream info">
        <Chip state={state} />
      </summary>
      <dl>
        <dt>Transport</dt>
        <dd data-figure="transport">MJPEG over HTTP</dd>
        <dt>Codec</dt>
        <dd data-figure="codec">JPEG</dd>
        <dt>Size</dt>
        <dd data-figure="size">{size ? `${size.width} × ${size.height}` : '–'}</dd>
        <dt>Frame rate</dt>
        <dd data-figure="fps">{state.more || '–'}</dd>
        <dt>Latency</dt>
        <dd data-figure="age">–</dd>
        <dt>Bitrate</dt>
        <dd data-figure="bitrate">–</dd>
        <dt>Dropped</dt>
        <dd data-figure="drops">–</dd>
        <dt>Camera</dt>
        <dd data-figure="mode">
          {source === null ? '–' : `${source.width} × ${source.height} ${formatWord(source.format)}`}
        </dd>
        <dt>Camera rate</dt>
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
      <label class="b size-label" title="Video size">
        <Icon name="scaling" />
        <span class="vh">Video size</span>
        <select name="width">
          {sizeChoices(camera, watching).map(({ value, label, chosen }) => (
            <option value={value} selected={chosen}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <button class="b no-js" type="submit">
        Set size
      </button>
    </form>
  );
}

/** Panel for the camera's controls, which scripts fill. */
function Adjust() {
  return (
    <section class="adjust" id="adjust" aria-labelledby="adjust-title" tabIndex={-1} hidden>
      <div class="adjust-head">
        <h2 id="adjust-title">Camera controls</h2>
        <button class="ib" type="button" id="adjust-close" aria-label="Close the camera controls" title="Close (A)">
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
      <summary class="b" aria-label="More" title="More">
        <Icon name="ellipsis" />
      </summary>
      <div class="sheet">
        {mayControl && (
          <a href={`/cameras/${id}/controls`} id="show-controls">
            <Icon name="sliders" />
            Camera controls
          </a>
        )}
        <button type="button" class="js-only" id="show-figures">
          <Icon name="gauge" />
          Stats
        </button>
        <button type="button" class="js-only" id="float" aria-pressed="false" hidden>
          <Icon name="float" />
          Picture in picture
        </button>
        <button type="button" class="js-only" id="fill" aria-pressed="false">
          <Icon name="crop" />
          Crop to fill
        </button>
        <div class="sheet-choice" id="transports" role="group" aria-label="Preferred transport" hidden>
          <button type="button" data-transport="auto" title="Best available">
            Automatic
          </button>
          <button type="button" data-transport="webrtc" title="Lowest latency" hidden>
            WebRTC
          </button>
          <button type="button" data-transport="h264" title="About a tenth of the data">
            H.264
          </button>
          <button type="button" data-transport="jpeg" title="Works everywhere">
            JPEG
          </button>
        </div>
        <a href={`/?camera=${id}&kiosk`}>
          <Icon name="tv" />
          Kiosk
        </a>
        <a href={`/cameras/${id}/connect`}>
          <Icon name="plug" />
          {m.connect_link()}
        </a>
        <a href={`/cameras/${id}/snapshot.jpg`} target="_blank">
          <Icon name="image" />
          Snapshot
        </a>
        <a href={`/cameras/${id}/stream.mjpeg`} target="_blank">
          <Icon name="external" />
          Stream URL
        </a>
        <button type="button" class="js-only" id="show-help">
          <Icon name="keyboard" />
          Keyboard shortcuts
        </button>
      </div>
    </details>
  );
}

function NoCamera({ model }: { readonly model: LiveModel }) {
  return (
    <div class="empty">
      <Mark />
      <h1>No camera yet</h1>
      {model.user?.role === 'admin' ? (
        <>
          <p>Plug in a webcam, or add a network camera by its address.</p>
          <a class="btn" href="/settings/cameras/new">
            <Icon name="plus" />
            Add a camera
          </a>
        </>
      ) : (
        <p>Ask an admin to add a camera or to give you access to one.</p>
      )}
    </div>
  );
}
