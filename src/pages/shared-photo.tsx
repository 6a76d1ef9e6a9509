import { m } from '#messages';
import { Times } from '../text/times.ts';
import type { SharedPhotoModel } from './models.ts';
import { page } from './parts/document.tsx';
import { Icon, Mark } from './parts/icon.tsx';
import { Time } from './parts/time.tsx';

/** A photo for people who have a link to it, or why they can't see it. It has no script and leads nowhere else. */
export function sharedPhoto(model: SharedPhotoModel): string {
  const { photo, problem } = model;
  if (photo === null) {
    return page(model, {
      title: m.photos_shared_none(),
      name: 'shared',
      chrome: false,
      children: (
        <div class="empty">
          <Mark />
          <h1>{m.photos_shared_none()}</h1>
          <p>{problem?.message}</p>
        </div>
      ),
    });
  }
  const time = new Times(model.times).write(photo.takenAt, 'moment');
  return page(model, {
    title: `${photo.cameraName}, ${time}`,
    name: 'shared',
    chrome: false,
    children: (
      <>
        <figure class="viewer">
          <img
            src={photo.file}
            width={photo.width}
            height={photo.height}
            alt={m.photos_photo_alt({ camera: photo.cameraName, time })}
          />
        </figure>
        <div class="viewer-foot">
          <h1>{photo.cameraName}</h1>
          <p>
            <Time at={photo.takenAt} form="exact" />
          </p>
          <p class="hint">
            {m.photos_link_valid_until()} <Time at={photo.expiresAt} form="moment" />
          </p>
          <a class="btn small" href={`${photo.file}&download`} download={photo.fileName}>
            <Icon name="download" />
            {m.photos_download()}
          </a>
        </div>
      </>
    ),
  });
}
