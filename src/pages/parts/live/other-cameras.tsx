import { m } from '#messages';
import type { CameraInfo } from '../../../domain/cameras/camera.ts';
import { stateWord } from '../../../text/words.ts';
import { cameraUrl, Dot } from '../form.tsx';
import { Mark } from '../icon.tsx';

/** Links to the cameras that are not `here`, with their last pictures. Phones and tablets in portrait have room for them. */
export function OtherCameras(props: {
  readonly cameras: readonly CameraInfo[];
  readonly here: string;
  /** Ids of the cameras that have a last picture. */
  readonly posters: readonly string[];
}) {
  const others = props.cameras.filter(({ id }) => id !== props.here);
  return (
    <nav class="others" aria-label={m.live_others()} hidden={others.length === 0}>
      {others.map((camera) => {
        const { tone, word } = stateWord(camera.state);
        return (
          <a key={camera.id} href={cameraUrl(camera.id)} data-camera={camera.id}>
            <span class="thumb">
              <Mark />
              {props.posters.includes(camera.id) && (
                <img src={`/cameras/${encodeURIComponent(camera.id)}/poster.jpg`} alt="" loading="lazy" />
              )}
            </span>
            <b class="name">{camera.name}</b>
            <span class="others-state">
              <Dot tone={tone} />
              <span class="state">{word}</span>
            </span>
          </a>
        );
      })}
    </nav>
  );
}
