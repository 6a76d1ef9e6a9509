import type { FoundWebcam } from '../domain/found-webcam.ts';
import type { WelcomeModel } from './models.ts';
import { page } from './parts/document.tsx';
import { Csrf, ErrorNote } from './parts/form.tsx';
import { MissingNotice, WebcamRow } from './parts/found-webcams.tsx';
import { AwayNotice } from './parts/settings-page.tsx';
import { Icon, Mark } from './parts/icon.tsx';

/** The page after set-up: what was found on this machine, and how to add other cameras. */
export function welcome(model: WelcomeModel): string {
  const { webcams, missing, error } = model;
  return page(model, {
    title: 'Your cameras',
    name: 'welcome page-settings',
    script: 'settings',
    children: (
      <div class="settings welcome">
        <AwayNotice />
        <div class="welcome-head">
          <Mark />
          <h1>{webcams.length > 0 ? 'These cameras were found' : 'Add your first camera'}</h1>
          {webcams.length > 0 && (
            <p>Choose the webcams that Porthole is to show. You can change this later in Settings.</p>
          )}
        </div>
        {error !== null && <ErrorNote problem={error} />}
        <section id="devices" aria-label="Webcams of this machine">
          {webcams.length > 0 && <Webcams webcams={webcams} csrf={model.csrf} />}
          {missing !== null && <MissingNotice missing={missing} />}
        </section>
        {/* Cameras found on the network are listed here. */}
        <section class="panel" aria-labelledby="network">
          <h2 id="network">Network cameras</h2>
          <p class="hint">IP cameras, printers, phones: anything that sends RTSP, MJPEG or JPEG images.</p>
          <div class="form-actions">
            <a class={webcams.length > 0 ? 'btn ghost' : 'btn'} href="/settings/cameras/new#by-address">
              <Icon name="plus" />
              Add by address
            </a>
          </div>
        </section>
        {webcams.length === 0 && (
          <p>
            <a href="/">Look around first</a>, with a test pattern instead of a camera.
          </p>
        )}
      </div>
    ),
  });
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
                aria-label={`Use ${webcam.device.name}`}
              />
              <span aria-hidden="true">Use</span>
            </label>
          </WebcamRow>
        ))}
      </ul>
      <div class="form-actions">
        <button class="btn" type="submit" data-busy="Starting…">
          Continue
        </button>
      </div>
    </form>
  );
}
