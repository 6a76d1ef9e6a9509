import { m } from '#messages';
import type { CameraDetails } from '../domain/cameras/camera.ts';
import type { Problem } from '../domain/errors.ts';
import type { FoundWebcam } from '../domain/cameras/found-webcam.ts';
import { sourceTestWords, substreamTestWords } from '../text/source-test-words.ts';
import type { Mode } from '../domain/cameras/mode.ts';
import { fpsWord } from '../text/view-state.ts';
import type { TestResult } from '../domain/cameras/source-test.ts';
import type { CameraFormModel } from './models.ts';
import { AddressFields, SubstreamField } from './parts/adding/address-fields.tsx';
import { NetworkCameraList } from './parts/adding/found-network-cameras.tsx';
import { AddedAs, MissingNotice, WebcamRow } from './parts/adding/found-webcams.tsx';
import { Confirm } from './parts/confirm.tsx';
import { about, aboutNone, Csrf, ErrorNote, Field } from './parts/form.tsx';
import { Icon } from './parts/icon.tsx';
import { largestWord, modesByFormat, modeWord } from './parts/mode-words.ts';
import { Rich } from './parts/rich.tsx';
import { settingsPage } from './parts/settings-page.tsx';
import { StateWords } from './parts/state-words.tsx';

/** The form that adds or edits a camera. */
export function cameraForm(model: CameraFormModel): string {
  const { camera } = model;
  const chosen = camera !== null || webcamOf(model) !== undefined;
  const title = camera === null ? m.settings_add_camera() : m.settings_edit_name({ name: camera.name });
  return settingsPage(model, {
    title,
    tab: 'cameras',
    children: (
      <>
        <a class="back" href="/settings">
          <Icon name="arrowLeft" />
          {m.settings_tab_cameras()}
        </a>
        <h1>{title}</h1>
        {camera !== null && <Now camera={camera} />}
        {camera === null && <Found model={model} />}
        {camera === null && <FoundOnNetwork model={model} />}
        <section class="panel" aria-labelledby={camera === null ? 'by-address' : undefined}>
          {camera === null && <h2 id="by-address">{chosen ? m.settings_this_camera() : m.settings_by_address()}</h2>}
          <CameraFields model={model} />
        </section>
        {camera !== null && (
          <p>
            <a class="btn small ghost" href={`/cameras/${encodeURIComponent(camera.id)}/connect`}>
              <Icon name="plug" />
              {m.connect_link_programs()}
            </a>
          </p>
        )}
        {camera !== null && <Remove camera={camera} csrf={model.csrf} />}
      </>
    ),
  });
}

/** The webcam that the form's source names. */
function webcamOf({ webcams, values }: CameraFormModel): FoundWebcam | undefined {
  const path = values.source.split('?')[0];
  return webcams.find(({ device }) => device.path === path || device.node === path);
}

function Found({ model }: { readonly model: CameraFormModel }) {
  const chosen = webcamOf(model);
  return (
    <section id="devices" aria-labelledby="found">
      <h2 id="found">{m.settings_found()}</h2>
      {model.webcams.length > 0 && (
        <ul class="rows">
          {model.webcams.map((webcam) => (
            <WebcamRow key={webcam.device.path} webcam={webcam} chosen={webcam === chosen}>
              {webcam === chosen ? (
                <span class="tag">{m.settings_selected()}</span>
              ) : webcam.camera === null ? (
                <a
                  class="btn small ghost"
                  href={`/settings/cameras/new?source=${encodeURIComponent(webcam.device.path)}#by-address`}
                  aria-label={m.settings_choose_name({ name: webcam.device.name })}
                >
                  {m.settings_choose()}
                </a>
              ) : (
                <AddedAs camera={webcam.camera} />
              )}
            </WebcamRow>
          ))}
        </ul>
      )}
      {model.missing !== null && <MissingNotice missing={model.missing} />}
    </section>
  );
}

function FoundOnNetwork({ model }: { readonly model: CameraFormModel }) {
  return (
    <section id="network" aria-labelledby="found-network">
      <h2 id="found-network">{m.settings_network_found()}</h2>
      <p class="hint">{m.settings_network_text()}</p>
      <NetworkCameraList
        found={model.network ?? null}
        search="/settings/cameras/new?network=1#network"
        source={model.values.source}
      />
    </section>
  );
}

/** The camera's current state; scripts keep it up to date. */
function Now({ camera }: { readonly camera: CameraDetails }) {
  const { state } = camera;
  const live = state.kind === 'live' ? state : null;
  return (
    <div class="now" id="now" data-camera={camera.id}>
      <StateWords camera={camera} />
      <dl class="now-figures" hidden={live === null}>
        <dt>{m.settings_measured()}</dt>
        <dd data-now="measured">{(live && fpsWord(live.fps)) || '–'}</dd>
        <dt>{m.settings_claimed()}</dt>
        <dd data-now="claimed">{(live && fpsWord(live.claimedFps ?? 0)) || '–'}</dd>
      </dl>
    </div>
  );
}

function CameraFields({ model }: { readonly model: CameraFormModel }) {
  const { camera, values, error, test } = model;
  const question = model.question ?? null;
  const path = values.source.split('?')[0] ?? '';
  const device = webcamOf(model)?.device;
  const modes = camera?.modes.length ? camera.modes : (device?.modes ?? []);
  const isHidden = values.source.endsWith('/…');
  const isFixed = camera?.fixed === true;
  const hasModes = modes.length > 0 && path.startsWith('/dev/') && !isFixed;
  const general = aboutNone(error, [
    'name',
    'source',
    'substream',
    ...(camera === null ? ['path', 'user', 'password'] : []),
  ]);
  return (
    <form
      class="camera-form"
      id="camera-form"
      method="post"
      action={camera === null ? '/settings/cameras' : `/settings/cameras/${encodeURIComponent(camera.id)}`}
    >
      <Csrf token={model.csrf} />
      {camera !== null && <input type="hidden" name="camera" value={camera.id} />}
      {general !== null && <ErrorNote problem={general} />}
      <Field
        name="name"
        label={m.settings_name()}
        value={values.name === '' ? (device?.name ?? '') : values.name}
        hint={m.settings_name_hint()}
        maxLength={60}
        problem={error}
      />
      {hasModes ? (
        <ModeSelect path={path} source={values.source} modes={modes} model={model} />
      ) : camera === null ? (
        <AddressFields values={values} error={error} />
      ) : (
        <Field
          name="source"
          label={m.settings_source()}
          value={values.source}
          placeholder="rtsp://name:password@192.168.1.20/stream"
          hint={
            <>
              {isFixed ? m.settings_fixed() : <Rich text={m.settings_source_hint()} />}
              {isHidden && !isFixed && ` ${m.settings_source_hidden()}`}
            </>
          }
          problem={error}
          required={!isHidden}
          readOnly={isFixed}
          maxLength={2000}
          plain
        />
      )}
      {camera !== null && /^(?:rtsp|http)s?:/i.test(values.source) && (
        <SubstreamField value={values.substream ?? ''} error={error} />
      )}
      {camera !== null && modes.length > 1 && path.startsWith('/dev/') && (
        <div class="checks">
          <input type="hidden" name="photos" value="" />
          <label>
            <input type="checkbox" name="photos" value="best" checked={camera.bestPhotos} />
            <span>{m.settings_best_photos({ largest: largestWord(modes) })}</span>
          </label>
        </div>
      )}
      <div id="test-result">{test !== null && <TestOutcome test={test} />}</div>
      <TestTemplates />
      <div class="form-actions">
        <button
          class={question === null ? 'btn' : 'btn ghost'}
          type="submit"
          data-busy={camera === null ? m.settings_adding() : m.settings_saving()}
        >
          {camera === null ? m.settings_add_this() : m.settings_save()}
        </button>
        <button
          class="btn ghost"
          type="submit"
          formaction="/settings/cameras/test#test-result"
          formnovalidate
          id="test"
          data-busy={m.settings_testing()}
        >
          {m.settings_test()}
        </button>
        {camera !== null && isHidden && (
          <button
            class="btn ghost"
            type="submit"
            formaction={`/settings/cameras/${encodeURIComponent(camera.id)}/address`}
            formnovalidate
          >
            {m.settings_show_address()}
          </button>
        )}
      </div>
      {question !== null && <DeadCameraQuestion problem={question} />}
      {modes.length > 0 && camera !== null && (
        <p class="hint">
          <Rich text={m.settings_another()} add={(words) => <a href="/settings/cameras/new">{words}</a>} />
        </p>
      )}
    </form>
  );
}

/** Asks whether to add a camera that shows no picture. It follows the form's first button, which the Enter key presses. */
function DeadCameraQuestion({ problem }: { readonly problem: Problem }) {
  return (
    <div class="question" role="alert">
      <p>
        <b>{m.settings_no_picture()}</b> {problem.message}
      </p>
      <p>{m.settings_anyway_question()}</p>
      <button class="btn" type="submit" name="anyway" value="1" data-busy={m.settings_adding()}>
        {m.settings_add_anyway()}
      </button>
    </div>
  );
}

// Each option is a complete source, so that a page without script needs no second step.
function ModeSelect(props: {
  readonly path: string;
  readonly source: string;
  readonly modes: readonly Mode[];
  readonly model: CameraFormModel;
}) {
  const { path, source, modes, model } = props;
  const microphone = new URLSearchParams(source.split('?')[1]).get('microphone');
  const free = sourceWith(path, [], microphone);
  const known = source === free || modes.some((mode) => modeSource(path, mode, microphone) === source);
  const error = about(model.error, 'source');
  return (
    <div class="field">
      <label for="source">{m.settings_mode()}</label>
      <select id="source" name="source" aria-describedby="source-hint">
        {!known && <option value={source}>{m.settings_mode_current({ mode: source.slice(path.length + 1) })}</option>}
        <option value={free} selected={source === free}>
          {m.settings_mode_free()}
        </option>
        {modesByFormat(modes).map(([format, its]) => (
          <optgroup key={format} label={format}>
            {its.map((mode) => {
              const value = modeSource(path, mode, microphone);
              return (
                <option key={value} value={value} selected={value === source}>
                  {`${modeWord(mode)}, ${format}`}
                </option>
              );
            })}
          </optgroup>
        ))}
      </select>
      <p class="hint" id="source-hint">
        {m.settings_mode_hint({ path })}
      </p>
      {error !== null && <ErrorNote problem={error} id="source-error" />}
    </div>
  );
}

/** The source of a device with one of its modes and its microphone, if any. */
export function modeSource(path: string, { width, height, fps, format }: Mode, microphone: string | null): string {
  return sourceWith(path, [`width=${width}`, `height=${height}`, `fps=${fps}`, `format=${format}`], microphone);
}

function sourceWith(path: string, options: readonly string[], microphone: string | null): string {
  const all = microphone === null ? options : [...options, `microphone=${microphone}`];
  return all.length === 0 ? path : `${path}?${all.join('&')}`;
}

function TestOutcome({ test }: { readonly test: TestResult }) {
  if (!test.ok) return <ErrorNote problem={test.problem} />;
  return (
    <div class="test-ok" role="status">
      <img src={test.picture} alt={m.settings_test_image()} width={test.width} height={test.height} />
      <p>
        <Icon name="check" />
        <span class="test-words">{test.picture === '' ? '' : sourceTestWords(test)}</span>
      </p>
      {test.substream?.ok === true && (
        <p class="test-substream">
          <Icon name="check" />
          <span>{test.picture === '' ? '' : substreamTestWords(test.substream)}</span>
        </p>
      )}
      {test.substream?.ok === false && (
        <ErrorNote problem={{ ...test.substream.problem, message: substreamTestWords(test.substream) }} />
      )}
    </div>
  );
}

/** The two outcomes and the progress without contents, which a script fills in. */
function TestTemplates() {
  const video = { ok: true, width: 0, height: 0, fps: null, format: '' } as const;
  const empty = { ...video, picture: '', substream: { ...video, source: '' } } as const;
  return (
    <>
      <template id="test-works-template">
        <TestOutcome test={empty} />
      </template>
      <template id="test-failed-template">
        <ErrorNote problem={{ code: 'camera_failed', message: '', detail: '' }} />
      </template>
      <template id="test-progress-template">
        <div class="test-progress" role="status">
          <span class="test-words" />
          <button class="btn small ghost" type="button">
            {m.settings_stop()}
          </button>
        </div>
      </template>
    </>
  );
}

function Remove({ camera, csrf }: { readonly camera: CameraDetails; readonly csrf: string }) {
  const { name } = camera;
  return (
    <section class="panel danger" aria-labelledby="remove">
      <h2 id="remove">{m.settings_remove()}</h2>
      <p>
        <Rich
          text={m.settings_remove_text({ name })}
          list={(words) => <a href={`/settings#${encodeURIComponent(camera.id)}`}>{words}</a>}
        />
      </p>
      <Confirm
        action={`/settings/cameras/${encodeURIComponent(camera.id)}/delete`}
        csrf={csrf}
        word={m.settings_remove_name({ name })}
        yes={m.settings_remove_yes({ name })}
        busy={m.settings_removing()}
      >
        {m.settings_remove_warning()}
      </Confirm>
    </section>
  );
}
