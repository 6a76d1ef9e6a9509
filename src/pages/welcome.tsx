import { m } from '#messages';
import type { FoundWebcam } from '../domain/cameras/found-webcam.ts';
import type { WelcomeModel } from './models.ts';
import { page } from './parts/document.tsx';
import { Csrf, ErrorNote } from './parts/form.tsx';
import { NetworkCameraList } from './parts/adding/found-network-cameras.tsx';
import { MissingNotice, WebcamRow } from './parts/adding/found-webcams.tsx';
import { Rich } from './parts/rich.tsx';
import { AwayNotice } from './parts/settings-page.tsx';
import { Icon, Mark } from './parts/icon.tsx';

/** The page after set-up: what was found on this machine, and how to add other cameras. */
export function welcome(model: WelcomeModel): string {
  const { webcams, missing, error } = model;
  return page(model, {
    title: m.settings_welcome_title(),
    name: 'welcome page-settings',
    script: 'settings',
    children: (
      <div class="settings welcome">
        <AwayNotice />
        <div class="welcome-head">
          <Mark />
          <h1>{heading(model)}</h1>
          {webcams.length > 0 && <p>{m.settings_welcome_text()}</p>}
        </div>
        {error !== null && <ErrorNote problem={error} />}
        <section id="devices" aria-label={m.settings_welcome_webcams()}>
          {webcams.length > 0 && <Webcams webcams={webcams} csrf={model.csrf} />}
          {missing !== null && <h2 class="vh">{m.settings_welcome_webcams()}</h2>}
          {missing !== null && <MissingNotice missing={missing} />}
        </section>
        <section class="panel" aria-labelledby="network">
          <h2 id="network">{m.settings_welcome_network()}</h2>
          <p class="hint">{m.settings_welcome_network_text()}</p>
          <NetworkCameraList found={model.network ?? null} search="/welcome?network=1#network">
            <a class={webcams.length > 0 ? 'btn ghost' : 'btn'} href="/settings/cameras/new#by-address">
              <Icon name="plus" />
              {m.settings_welcome_address()}
            </a>
          </NetworkCameraList>
        </section>
        {webcams.length === 0 && model.isFirst && (
          <p>
            <Rich text={m.settings_welcome_later()} look={(words) => <a href="/">{words}</a>} />
          </p>
        )}
      </div>
    ),
  });
}

function heading({ webcams, isFirst }: WelcomeModel): string {
  if (webcams.length > 0) return m.settings_welcome_found();
  return isFirst ? m.settings_welcome_first() : m.settings_welcome_more();
}

function Webcams({ webcams, csrf }: { readonly webcams: readonly FoundWebcam[]; readonly csrf: string }) {
  return (
    <form method="post" action="/welcome" id="webcams">
      <Csrf token={csrf} />
      <ul class="rows">
        {webcams.map((webcam) => (
          <WebcamRow key={webcam.device.path} webcam={webcam} live>
            <label class="webcam-tick">
              {/* Tells which webcams the page had, so that one that was plugged in since is not taken for an unticked one. */}
              <input type="hidden" name="shown" value={webcam.device.path} />
              <input
                type="checkbox"
                name="webcam"
                value={webcam.device.path}
                checked={webcam.camera !== null || webcam.usedBy === null}
                disabled={webcam.camera?.fixed === true}
                aria-label={m.settings_welcome_use_name({ name: webcam.device.name })}
              />
              <span aria-hidden="true">{m.settings_welcome_use()}</span>
            </label>
          </WebcamRow>
        ))}
      </ul>
      <div class="form-actions">
        <button class="btn" type="submit" data-busy={m.settings_welcome_starting()}>
          {m.settings_welcome_continue()}
        </button>
      </div>
    </form>
  );
}
