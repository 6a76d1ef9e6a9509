import { m } from '#messages';
import { joined } from '../../../text/joined.ts';
import type { ComponentChildren } from 'preact';
import type { CameraInfo } from '../../../domain/cameras/camera.ts';
import type { FoundWebcam, MissingWebcams } from '../../../domain/cameras/found-webcam.ts';
import { missingWebcamWords } from '../../../text/webcam-words.ts';
import { cameraUrl } from '../form.tsx';
import { Icon, Mark } from '../icon.tsx';
import { largestWord } from '../mode-words.ts';

/** Properties of {@link WebcamRow}. */
export interface WebcamRowProps {
  readonly webcam: FoundWebcam;
  /** True if the webcam is the one in the form. */
  readonly chosen?: boolean;
  /** True for an image of this moment even if the webcam is a camera already, which opens it. */
  readonly live?: boolean;
  /** What can be done with it. */
  readonly children: ComponentChildren;
}

/** A webcam with its thumbnail, in a list. */
export function WebcamRow({ webcam, chosen = false, live = false, children }: WebcamRowProps) {
  const { device } = webcam;
  return (
    <li data-device={device.path} data-chosen={chosen ? 'true' : undefined} class="webcam-row">
      <Thumbnail webcam={webcam} live={live} />
      <div class="row-text">
        <b>{device.name}</b>
        <span>{webcamWords(webcam)}</span>
      </div>
      {children}
    </li>
  );
}

/** A camera that a webcam is already: a link to its video. */
export function AddedAs({ camera }: { readonly camera: Pick<CameraInfo, 'id' | 'name'> }) {
  return (
    <a class="btn small ghost" href={cameraUrl(camera.id)} aria-label={m.settings_open_name({ name: camera.name })}>
      {m.settings_open()}
    </a>
  );
}

/** A still image of the webcam. Scripts keep it up to date. */
function Thumbnail({ webcam, live }: { readonly webcam: FoundWebcam; readonly live: boolean }) {
  const { device, camera, usedBy } = webcam;
  const isClosed = camera?.enabled === false || usedBy !== null;
  const address =
    camera === null
      ? `/settings/webcams/picture.jpg?path=${encodeURIComponent(device.path)}`
      : `/cameras/${encodeURIComponent(camera.id)}/${live ? 'snapshot.jpg?width=320' : 'poster.jpg'}`;
  return (
    <div class="thumb">
      <Mark />
      {!isClosed && <img src={address} alt="" loading="lazy" data-thumbnail={address} />}
    </div>
  );
}

/** What is known about a webcam: its node, its largest size, and who uses it. */
function webcamWords({ device, camera, usedBy }: FoundWebcam): string {
  if (camera?.enabled === false) return joined(device.node, m.settings_added_off({ name: camera.name }));
  const use = usedBy === null ? largestWord(device.modes) : m.settings_used_by({ program: usedBy });
  return joined(device.node, use, camera === null ? '' : m.settings_added_as({ name: camera.name }));
}

/** Why webcams are missing, and what to do. */
export function MissingNotice({ missing }: { readonly missing: MissingWebcams }) {
  const { heading, text, command } = missingWebcamWords(missing);
  return (
    <div class="missing-webcam">
      <Icon name="webcam" />
      <div>
        <h3>{heading}</h3>
        <p>{text}</p>
        {command !== undefined && (
          <p>
            <code>{command}</code>
          </p>
        )}
        <p>
          <a href="">{m.settings_look_again()}</a>
        </p>
      </div>
    </div>
  );
}
