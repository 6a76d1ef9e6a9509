import { m } from '#messages';
import { sizeChoices } from '../text/size-choice.ts';
import { cameraAddresses, isLoopback, tokenPlaceholder } from './connect/addresses.ts';
import { presets, type Preset, type PresetWay } from './connect/presets.ts';
import { frameSnippet, playerSnippet } from './connect/snippets.ts';
import type { ConnectModel, NewToken } from './models.ts';
import { CopyField } from './parts/copy-field.tsx';
import { page } from './parts/document.tsx';
import { cameraUrl, Csrf, ErrorNote, Field } from './parts/form.tsx';
import { Icon } from './parts/icon.tsx';
import { Rich, type RichPart } from './parts/rich.tsx';
import { Select, tokenLifetimes } from './parts/select.tsx';
import { AwayNotice } from './parts/settings-page.tsx';
import { Time } from './parts/time.tsx';

const toAccount: RichPart = (words) => <a href="/account#tokens">{words}</a>;
const toSites: RichPart = (words) => <a href="/settings#origins-title">{words}</a>;
const timeOf =
  (at: number): RichPart =>
  () => <Time at={at} form="moment" />;
const rates = [1, 2, 5, 10, 15, 20, 30] as const;

/** A camera's addresses for other programs and pages, and the token that they need. */
export function connect(model: ConnectModel): string {
  const { camera, server, width, fps, rtsp, newToken } = model;
  const token = newToken?.token ?? (model.access === 'public' ? null : tokenPlaceholder);
  const parts = { server, id: camera.id, token, width, fps, rtsp };
  const addresses = cameraAddresses(parts);
  const { size } = camera;
  return page(model, {
    title: m.connect_title({ camera: camera.name }),
    name: 'connect page-settings',
    script: 'settings',
    tab: camera.id,
    children: (
      <div class="settings" id="connect">
        <AwayNotice />
        <a class="back" href={cameraUrl(camera.id)}>
          <Icon name="arrowLeft" />
          {camera.name}
        </a>
        <div>
          <h1>{m.connect_title({ camera: camera.name })}</h1>
          <p class="hint">{m.connect_intro()}</p>
        </div>
        {isLoopback(server) && (
          <p class="note" role="note">
            <Icon name="warning" />
            <span>
              <Rich text={m.connect_loopback()} />
            </span>
          </p>
        )}
        <Choices model={model} />
        <Token model={model} />
        <section aria-labelledby="programs">
          <h2 id="programs">{m.connect_programs()}</h2>
          <ul class="rows">
            {presets({ addresses, id: camera.id, width, fps, size }).map((preset) => (
              <li key={preset.id}>
                <Program preset={preset} model={model} />
              </li>
            ))}
          </ul>
        </section>
        <section aria-labelledby="addresses">
          <h2 id="addresses">{m.connect_addresses()}</h2>
          <div class="panel">
            <CopyField id="mjpeg" label={m.connect_mjpeg()} value={addresses.mjpeg} />
            <CopyField id="snapshot" label={m.connect_snapshot()} value={addresses.snapshot} />
            <CopyField id="mp4" label={m.connect_mp4()} value={addresses.mp4} />
            <CopyField id="hls" label={m.connect_hls()} value={addresses.hls} />
            <CopyField id="whep" label={m.connect_whep()} value={addresses.whep} />
            {addresses.rtsp !== null && <CopyField id="rtsp" label={m.connect_rtsp()} value={addresses.rtsp} />}
          </div>
        </section>
        <section aria-labelledby="pages">
          <h2 id="pages">{m.connect_pages()}</h2>
          <div class="panel">
            <CopyField id="player" label={m.connect_player()} value={playerSnippet(parts, size)} />
            <CopyField id="iframe" label={m.connect_iframe()} value={frameSnippet(addresses, width, size)} />
            <Sites model={model} />
          </div>
        </section>
      </div>
    ),
  });
}

/** Size and frame rate. Without scripts, a button loads the page again. */
function Choices({ model }: { readonly model: ConnectModel }) {
  const { camera, width, fps } = model;
  return (
    <form class="inline-form" id="connect-choices" method="get">
      <Select
        id="width"
        name="width"
        label={m.connect_size()}
        options={sizeChoices(camera, { width }).map(({ value, label }) => [value, label])}
        chosen={String(width)}
      />
      <Select
        id="fps"
        name="fps"
        label={m.connect_rate()}
        options={[
          ['', m.connect_rate_any()],
          ...rates.map((rate) => [String(rate), m.connect_rate_most({ fps: rate })] as const),
        ]}
        chosen={fps === null ? '' : String(fps)}
      />
      <button class="btn ghost no-js" type="submit">
        {m.connect_show()}
      </button>
      {model.newToken !== null && <p class="hint no-js">{m.connect_hides_token()}</p>}
    </form>
  );
}

function Token({ model }: { readonly model: ConnectModel }) {
  const { newToken, camera, error } = model;
  if (newToken !== null) return <Made token={newToken} camera={camera.name} />;
  if (model.access === 'public') return <p>{m.connect_no_token()}</p>;
  if (!model.mayCreateToken) {
    return (
      <p>
        <Rich text={m.connect_own_token()} />
      </p>
    );
  }
  return (
    <section class="panel" aria-labelledby="token">
      <h2 id="token">{m.connect_token()}</h2>
      <p>
        <Rich text={m.connect_token_intro({ camera: camera.name })} account={toAccount} />
      </p>
      {error !== null && <ErrorNote problem={error} />}
      <form class="inline-form" id="token-form" method="post">
        <Csrf token={model.csrf} />
        <Field
          name="name"
          label={m.account_program_name()}
          placeholder={m.account_program_example()}
          maxLength={60}
          value={model.typed?.name ?? ''}
          required={false}
        />
        <Select
          id="days"
          name="days"
          label={m.account_expires()}
          options={tokenLifetimes()}
          {...(model.typed === undefined ? {} : { chosen: model.typed.days })}
        />
        <button class="btn" type="submit" data-busy={m.account_creating()}>
          {m.account_create()}
        </button>
      </form>
    </section>
  );
}

function Made({ token, camera }: { readonly token: NewToken; readonly camera: string }) {
  return (
    <div class="new-token" role="status">
      <p>
        <Rich text={m.connect_token_made({ program: token.name, camera })} />{' '}
        {token.expiresAt === null ? (
          <Rich text={m.connect_token_lasts()} account={toAccount} />
        ) : (
          <Rich text={m.connect_token_ends()} account={toAccount} time={timeOf(token.expiresAt)} />
        )}
      </p>
      <CopyField id="new-token" label={m.connect_token()} value={token.token} />
    </div>
  );
}

function Program({ preset, model }: { readonly preset: Preset; readonly model: ConnectModel }) {
  const { id, program, ways } = preset;
  return (
    <details class="fold" id={id} open={model.program === program}>
      <summary>
        <span class="row-text">
          <b>{program}</b>
        </span>
      </summary>
      {model.newToken === null && model.mayCreateToken && (
        <button
          class="btn small"
          type="submit"
          form="token-form"
          name="program"
          value={program}
          data-busy={m.account_creating()}
        >
          {m.connect_create_for({ program })}
        </button>
      )}
      {ways.map((way, index) => (
        <Way key={index} way={way} id={`${id}-${index}`} model={model} />
      ))}
    </details>
  );
}

function Way({ way, id, model }: { readonly way: PresetWay; readonly id: string; readonly model: ConnectModel }) {
  const { title, steps, link, fields, note } = way;
  return (
    <div class="way">
      {title !== undefined && <h3>{title}</h3>}
      <p class="hint" id={`${id}-steps`}>
        {steps}
      </p>
      {link !== undefined && (
        <p>
          <a class="btn small ghost" href={link.href} target="_blank" rel="noreferrer">
            <Icon name="external" />
            {link.text}
          </a>
        </p>
      )}
      {fields.map(({ label, value }, index) => (
        <CopyField key={label} id={`${id}-${index}`} label={label} value={value} />
      ))}
      {note !== undefined && <p class="hint">{note}</p>}
      {way.needsSite === true && <Sites model={model} />}
    </div>
  );
}

/** Which pages of other sites may show the camera. */
function Sites({ model: { origins, user } }: { readonly model: ConnectModel }) {
  const isAdmin = user?.role === 'admin';
  return (
    <p class="hint">
      {origins.length === 0 ? m.connect_sites_none() : m.connect_sites_some({ sites: origins.join(', ') })}{' '}
      {isAdmin ? <Rich text={m.connect_sites_add()} sites={toSites} /> : m.connect_sites_ask()}
    </p>
  );
}
