import type { Photo } from '../../domain/photo.ts';
import { useTimes, Time } from './time.tsx';

/** URLs of a photo. */
export function photoUrls(id: string) {
  const page = `/photos/${encodeURIComponent(id)}`;
  return { page, file: `${page}/file`, download: `${page}/file?download`, thumbnail: `${page}/thumbnail` };
}

/** A thumbnail that links to its photo. */
export function PhotoLink({ photo, withCamera }: { readonly photo: Photo; readonly withCamera?: boolean }) {
  const urls = photoUrls(photo.id);
  const time = useTimes().write(photo.takenAt, 'clock');
  return (
    <a class="photo" href={urls.page} data-id={photo.id}>
      <img src={urls.thumbnail} alt={`${photo.cameraName}, ${time}`} loading="lazy" decoding="async" />
      <Time at={photo.takenAt} form="clock" hidden>
        {withCamera ? <span class="photo-camera">{photo.cameraName} </span> : null}
      </Time>
    </a>
  );
}

/** Template of a thumbnail for scripts. */
export function PhotoTemplate({ children }: { readonly children?: preact.ComponentChildren }) {
  return (
    <template id="photo-template">
      <li>
        <a class="photo" href="/photos">
          <img alt="" decoding="async" />
          <time aria-hidden="true" />
        </a>
        {children}
      </li>
    </template>
  );
}
