import type { Photo } from '../../domain/photo.ts';
import { dataSaver } from '../../domain/users/data-saver.ts';
import { useSavesData } from './saves-data.ts';
import { useTimes, Time } from './time.tsx';

/** URLs of a photo. */
export function photoUrls(id: string) {
  const page = `/photos/${encodeURIComponent(id)}`;
  return { page, file: `${page}/file`, download: `${page}/file?download`, thumbnail: `${page}/thumbnail` };
}

/** The fragment that leads to a photo in the gallery. */
export function photoAnchor(id: string): string {
  return `photo-${id}`;
}

/** The query of a photo's page that goes through the photos of one camera; empty for all. */
export function cameraQuery(camera: string | null | undefined): string {
  return camera == null ? '' : `?camera=${encodeURIComponent(camera)}`;
}

/** A thumbnail that links to its photo. */
export function PhotoLink(props: {
  readonly photo: Photo;
  readonly withCamera?: boolean;
  /** See {@link cameraQuery}. */
  readonly camera?: string | null;
  /** True where addresses lead to the thumbnail. */
  readonly named?: boolean;
}) {
  const { photo, withCamera, camera, named } = props;
  const urls = photoUrls(photo.id);
  const small = useSavesData() ? `?width=${dataSaver.thumbnail}` : '';
  const time = useTimes().write(photo.takenAt, 'clock');
  return (
    <a
      class="photo"
      href={urls.page + cameraQuery(camera)}
      data-id={photo.id}
      {...(named ? { id: photoAnchor(photo.id) } : {})}
    >
      <img src={urls.thumbnail + small} alt={`${photo.cameraName}, ${time}`} loading="lazy" decoding="async" />
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
