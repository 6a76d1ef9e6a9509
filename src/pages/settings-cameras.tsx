import { m } from '#messages';
import { joined } from '../text/joined.ts';
import type { ComponentChildren } from 'preact';
import { type CameraDetails, freeCameraName } from '../domain/cameras/camera.ts';
import type { Problem } from '../domain/errors.ts';
import type { FoundWebcam } from '../domain/cameras/found-webcam.ts';
import { dataSaver } from '../domain/users/data-saver.ts';
import type { UnreadableRow } from '../domain/unreadable-row.ts';
import { unreadableAdvice, unreadableWord } from '../text/unreadable-rows.ts';
import type { SettingsCamerasModel } from './models.ts';
import { about, Csrf, ErrorNote } from './parts/form.tsx';
import { Icon, Mark } from './parts/icon.tsx';
import { largestWord } from './parts/mode-words.ts';
import { Rich } from './parts/rich.tsx';
import { settingsPage } from './parts/settings-page.tsx';
import { StateWords } from './parts/state-words.tsx';

/** Settings: all cameras, and devices that are not cameras yet. */
export function settingsCameras(model: SettingsCamerasModel): string {
  const { details } = model;
  const free = model.webcams.filter(({ camera }) => camera === null);
  const error = model.error ?? null;
  const ids = details.map((camera) => camera.id);
  return settingsPage(model, {
    title: m.settings_tab_cameras(),
    tab: 'cameras',
    children: (
      <>
        <div class="page-head">
          <h1>{m.settings_tab_cameras()}</h1>
          <a class="btn small" href="/settings/cameras/new">
            <Icon name="plus" />
            {m.settings_add_camera()}
          </a>
        </div>
        <Unreadable rows={model.unreadable ?? []} />
        <div class="empty" id="no-camera" hidden={details.length > 0}>
          <Mark />
          <h2>{m.settings_no_camera()}</h2>
          <p>{m.settings_no_camera_text()}</p>
        </div>
        <ul class="camera-cards" id="camera-cards">
          {details.map((camera, index) => (
            <Card key={camera.id} camera={camera} model={model} ids={ids} index={index} />
          ))}
        </ul>
        <FreeWebcams webcams={free} model={model} />
        <LinesPanel
          title={m.settings_sites()}
          action="/settings/sites"
          name="origins"
          label={m.settings_sites_label()}
          placeholder="http://mainsail.local"
          lines={model.origins ?? []}
          error={about(error, 'origins')}
          csrf={model.csrf}
        >
          {m.settings_sites_hint()}
        </LinesPanel>
        {model.access === 'public' && (
          <LinesPanel
            title={m.settings_hosts()}
            action="/settings/hosts"
            name="hosts"
            label={m.settings_hosts_label()}
            placeholder="cam.example.org"
            lines={model.hosts ?? []}
            error={about(error, 'hosts')}
            csrf={model.csrf}
          >
            <Rich text={m.settings_hosts_hint()} />
          </LinesPanel>
        )}
      </>
    ),
  });
}

interface LinesPanelProps {
  readonly title: string;
  readonly action: string;
  readonly name: string;
  readonly label: string;
  readonly placeholder: string;
  readonly lines: readonly string[];
  readonly error: Problem | null;
  readonly csrf: string;
  /** The hint below the field. */
  readonly children: ComponentChildren;
}

/** A setting that is a list, one entry per line. */
function LinesPanel({ title, action, name, label, placeholder, lines, error, csrf, children }: LinesPanelProps) {
  return (
    <section aria-labelledby={`${name}-title`}>
      <h2 id={`${name}-title`}>{title}</h2>
      <div class="panel">
        <form method="post" action={action}>
          <Csrf token={csrf} />
          <div class="field">
            <label for={name}>{label}</label>
            <textarea
              id={name}
              name={name}
              rows={2}
              spellcheck={false}
              autocapitalize="off"
              placeholder={placeholder}
              maxLength={10_000}
              aria-describedby={error === null ? `${name}-hint` : `${name}-hint ${name}-error`}
              aria-invalid={error === null ? undefined : 'true'}
              autofocus={error !== null}
            >
              {lines.join('\n')}
            </textarea>
            <p class="hint" id={`${name}-hint`}>
              {children}
            </p>
            {error !== null && <ErrorNote problem={error} id={`${name}-error`} />}
          </div>
          <div class="form-actions">
            <button class="btn small ghost" type="submit">
              {m.settings_save()}
            </button>
          </div>
        </form>
      </div>
    </section>
  );
}

/** Losses by damage to the database. */
function Unreadable({ rows }: { readonly rows: readonly UnreadableRow[] }) {
  if (rows.length === 0) return null;
  return (
    <div class="err" role="alert" id="unreadable">
      <div>
        <strong>{m.settings_unreadable_heading()}</strong>
        <ul>
          {rows.map((row) => (
            <li>{unreadableWord(row)}</li>
          ))}
        </ul>
        <p>{unreadableAdvice()}</p>
      </div>
    </div>
  );
}

/** Webcams that are not cameras yet. Rendered even if empty, because scripts keep it up to date. */
function FreeWebcams(props: { readonly webcams: readonly FoundWebcam[]; readonly model: SettingsCamerasModel }) {
  const { webcams, model } = props;
  const names = model.details.map((camera) => camera.name);
  return (
    <section id="devices" aria-labelledby="found" hidden={webcams.length === 0}>
      <h2 id="found">{m.settings_found()}</h2>
      <ul class="rows">
        {webcams.map(({ device, usedBy }) => (
          <li key={device.path} data-device={device.path}>
            <Icon name="webcam" />
            <div class="row-text">
              <b>{device.name}</b>
              <span>
                {joined(
                  device.node,
                  usedBy === null ? largestWord(device.modes) : m.settings_used_by({ program: usedBy }),
                )}
              </span>
            </div>
            <form method="post" action="/settings/cameras">
              <Csrf token={model.csrf} />
              <input type="hidden" name="name" value={freeCameraName(device.name, names)} />
              <input type="hidden" name="source" value={device.path} />
              <button
                class="btn small ghost"
                type="submit"
                aria-label={m.settings_add_name({ name: device.name })}
                data-busy={m.settings_adding()}
              >
                {m.settings_add()}
              </button>
            </form>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface CardProps {
  readonly camera: CameraDetails;
  readonly model: SettingsCamerasModel;
  readonly ids: readonly string[];
  readonly index: number;
}

function Card({ camera, model, ids, index }: CardProps) {
  const url = `/settings/cameras/${encodeURIComponent(camera.id)}`;
  const small = model.savesData ? `?width=${dataSaver.poster}` : '';
  const poster = `/cameras/${encodeURIComponent(camera.id)}/poster.jpg${small}`;
  // Scripts load the others once they exist.
  const hasPoster = model.posters?.includes(camera.id) !== false;
  return (
    <li class="camera-card" id={camera.id} data-camera={camera.id} data-kind={camera.state.kind}>
      <div class="thumb">
        <Mark />
        <img {...(hasPoster ? { src: poster } : { hidden: true })} alt="" data-poster={poster} />
      </div>
      <div class="camera-text">
        <h2>
          <a href={url}>{camera.name}</a>
        </h2>
        <StateWords camera={camera} />
        <p class="camera-source">
          <code>{breakable(camera.source)}</code>
          {camera.fixed && <span class="tag">{m.settings_startup_option()}</span>}
        </p>
      </div>
      <div class="camera-actions">
        <form method="post" action={`${url}/power`}>
          <Csrf token={model.csrf} />
          <input type="hidden" name="on" value={camera.enabled ? '0' : '1'} />
          <button
            class="switch"
            type="submit"
            role="switch"
            aria-checked={camera.enabled}
            aria-label={m.settings_switch_name({ name: camera.name })}
            title={camera.enabled ? m.settings_switch_off_title() : m.settings_switch_on_title()}
          >
            <i />
            <span aria-hidden="true">{camera.enabled ? m.settings_on() : m.settings_off()}</span>
          </button>
        </form>
        {ids.length > 1 && (
          <>
            <Move model={model} ids={ids} index={index} by={-1} name={camera.name} />
            <Move model={model} ids={ids} index={index} by={1} name={camera.name} />
          </>
        )}
        <a
          class="ib"
          href={`/cameras/${encodeURIComponent(camera.id)}/connect`}
          aria-label={m.connect_title({ camera: camera.name })}
          title={m.connect_link_title()}
        >
          <Icon name="plug" />
        </a>
        <a class="ib" href={url} aria-label={m.settings_edit_name({ name: camera.name })} title={m.settings_edit()}>
          <Icon name="pencil" />
        </a>
      </div>
    </li>
  );
}

/** An address whose lines break before its parts. */
function breakable(address: string): ComponentChildren {
  return address.split(/(?=[&?])|(?<=\/)(?!\/)/).flatMap((part) => [<wbr />, part]);
}

function Move(props: Omit<CardProps, 'camera'> & { readonly by: 1 | -1; readonly name: string }) {
  const { model, ids, index, by, name } = props;
  const moved = [...ids];
  const other = index + by;
  const possible = other >= 0 && other < ids.length;
  if (possible) [moved[index], moved[other]] = [ids[other] ?? '', ids[index] ?? ''];
  return (
    <form method="post" action="/settings/cameras/order" class="move" data-by={by}>
      <Csrf token={model.csrf} />
      {moved.map((id) => (
        <input type="hidden" name="ids" value={id} />
      ))}
      <button
        class="ib"
        type="submit"
        disabled={!possible}
        aria-label={by < 0 ? m.settings_move_up({ name }) : m.settings_move_down({ name })}
      >
        <Icon name={by < 0 ? 'arrowUp' : 'arrowDown'} />
      </button>
    </form>
  );
}
