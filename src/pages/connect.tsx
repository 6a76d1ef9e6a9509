import { sizeChoices } from '../text/size-choice.ts';
import { cameraAddresses, isLoopback, tokenPlaceholder } from './connect/addresses.ts';
import { presets, type Preset, type PresetWay } from './connect/presets.ts';
import { frameSnippet, playerSnippet } from './connect/snippets.ts';
import type { ConnectModel, NewToken } from './models.ts';
import { CopyField } from './parts/copy-field.tsx';
import { page } from './parts/document.tsx';
import { cameraUrl, Csrf, ErrorNote, Field } from './parts/form.tsx';
import { Icon } from './parts/icon.tsx';
import { Select, tokenLifetimes } from './parts/select.tsx';
import { Time } from './parts/time.tsx';

const rates = [1, 2, 5, 10, 15, 20, 30] as const;

/** A camera's addresses for other programs and pages, and the token that they need. */
export function connect(model: ConnectModel): string {
  const { camera, server, width, fps, newToken } = model;
  const token = newToken?.token ?? (model.access === 'public' ? null : tokenPlaceholder);
  const parts = { server, id: camera.id, token, width, fps };
  const addresses = cameraAddresses(parts);
  const { size } = camera;
  return page(model, {
    title: `Connect ${camera.name}`,
    name: 'connect page-settings',
    script: 'settings',
    tab: camera.id,
    children: (
      <div class="settings" id="connect">
        <a class="back" href={cameraUrl(camera.id)}>
          <Icon name="arrowLeft" />
          {camera.name}
        </a>
        <div>
          <h1>Connect {camera.name}</h1>
          <p class="hint">Addresses of this camera for other programs and pages.</p>
        </div>
        {isLoopback(server) && (
          <p class="note" role="note">
            <Icon name="warning" />
            <span>
              These addresses work on this machine only. For programs on other machines, start Porthole with{' '}
              <code>--host 0.0.0.0</code> and open this page under this machine’s own address.
            </span>
          </p>
        )}
        <Choices model={model} />
        <Token model={model} />
        <section aria-labelledby="programs">
          <h2 id="programs">Programs</h2>
          <ul class="rows">
            {presets({ addresses, id: camera.id, width, fps, size }).map((preset) => (
              <li key={preset.id}>
                <Program preset={preset} model={model} />
              </li>
            ))}
          </ul>
        </section>
        <section aria-labelledby="addresses">
          <h2 id="addresses">Addresses</h2>
          <div class="panel">
            <CopyField id="mjpeg" label="MJPEG" value={addresses.mjpeg} />
            <CopyField id="snapshot" label="Snapshot, JPEG" value={addresses.snapshot} />
            <CopyField id="mp4" label="MP4 (H.264, a tenth of the data)" value={addresses.mp4} />
            <CopyField id="hls" label="HLS (H.264, a few seconds behind)" value={addresses.hls} />
            <CopyField id="whep" label="WebRTC (WHEP)" value={addresses.whep} />
          </div>
        </section>
        <section aria-labelledby="pages">
          <h2 id="pages">On a web page</h2>
          <div class="panel">
            <CopyField id="player" label="The player" value={playerSnippet(parts, size)} />
            <CopyField id="iframe" label="A frame, without a script" value={frameSnippet(addresses, width, size)} />
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
        label="Size"
        options={sizeChoices(camera, { width }).map(({ value, label }) => [value, label])}
        chosen={String(width)}
      />
      <Select
        id="fps"
        name="fps"
        label="Frame rate (MJPEG)"
        options={[
          ['', 'As the camera sends it'],
          ...rates.map((rate) => [String(rate), `At most ${rate} fps`] as const),
        ]}
        chosen={fps === null ? '' : String(fps)}
      />
      <button class="btn ghost no-js" type="submit">
        Show
      </button>
      {model.newToken !== null && <p class="hint no-js">This hides the token. Copy it first.</p>}
    </form>
  );
}

function Token({ model }: { readonly model: ConnectModel }) {
  const { newToken, camera, error } = model;
  if (newToken !== null) return <Made token={newToken} camera={camera.name} />;
  if (model.access === 'public') return <p>Anybody who can reach this server may watch, so no token is needed.</p>;
  if (!model.mayCreateToken) {
    return (
      <p>
        Write your token in place of <code>{tokenPlaceholder}</code>.
      </p>
    );
  }
  return (
    <section class="panel" aria-labelledby="token">
      <h2 id="token">Token</h2>
      <p>
        Programs need a token in place of <code>{tokenPlaceholder}</code>. It may only watch {camera.name}. You can
        revoke it under <a href="/account#tokens">Account</a>.
      </p>
      {error !== null && <ErrorNote problem={error} />}
      <form class="inline-form" id="token-form" method="post">
        <Csrf token={model.csrf} />
        <Field
          id="name"
          name="name"
          label="Program name"
          placeholder="Home Assistant"
          maxLength={60}
          required={false}
        />
        <Select id="days" name="days" label="Expires" options={tokenLifetimes} />
        <button class="btn" type="submit" data-busy="Creating…">
          Create token
        </button>
      </form>
    </section>
  );
}

function Made({ token, camera }: { readonly token: NewToken; readonly camera: string }) {
  return (
    <div class="new-token" role="status">
      <p>
        <b>Token for {token.name} created.</b> It is in all addresses below, and shown only once. It may only watch{' '}
        {camera}.{' '}
        {token.expiresAt === null ? (
          'It lasts until it is revoked.'
        ) : (
          <>
            It expires <Time at={token.expiresAt} form="moment" />.
          </>
        )}{' '}
        You find it under <a href="/account#tokens">Account</a>.
      </p>
      <CopyField id="new-token" label="Token" value={token.token} />
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
        <button class="btn small" type="submit" form="token-form" name="program" value={program} data-busy="Creating…">
          Create token for {program}
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
      {origins.length === 0
        ? 'No other site may show this camera yet. '
        : `Pages of these sites may show this camera: ${origins.join(', ')}. `}
      {isAdmin ? (
        <>
          Add the address of the page under <a href="/settings#origins-title">Settings → Other sites</a>.
        </>
      ) : (
        'An admin can add the address of a page in Settings.'
      )}
    </p>
  );
}
