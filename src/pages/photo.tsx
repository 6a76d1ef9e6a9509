import { m } from '#messages';
import { joined } from '../text/joined.ts';
import { sizeWord } from '../text/numbers.ts';
import { Times } from '../text/times.ts';
import { bytesWord } from '../text/words.ts';
import type { PhotoModel } from './models.ts';
import { page } from './parts/document.tsx';
import { Csrf } from './parts/form.tsx';
import { Icon } from './parts/icon.tsx';
import { cameraQuery, photoAnchor, photoUrls } from './parts/photo-card.tsx';
import { SharePanel } from './parts/share-panel.tsx';
import { Time } from './parts/time.tsx';

/** The page of one photo, with its details and links to its neighbours. */
export function photo(model: PhotoModel): string {
  const { photo: shown, newer, older, camera, mayDelete } = model;
  const pageOf = (id: string) => photoUrls(id).page + cameraQuery(camera);
  const urls = photoUrls(shown.id);
  const taken = new Times(model.times).write(shown.takenAt, 'moment');
  const title = `${shown.cameraName}, ${taken}`;
  return page(model, {
    title,
    name: 'photo',
    script: 'photos',
    data: { id: shown.id, newer, older },
    children: (
      <>
        <h1 class="vh">{title}</h1>
        <figure class="viewer" id="viewer">
          <img
            id="large"
            src={urls.file}
            width={shown.width}
            height={shown.height}
            alt={m.photos_photo_alt({ camera: shown.cameraName, time: taken })}
          />
          {newer !== null && (
            <a class="step newer" href={pageOf(newer)} rel="prev" id="newer" aria-label={m.photos_newer_one()}>
              <Icon name="chevronLeft" />
            </a>
          )}
          {older !== null && (
            <a class="step older-step" href={pageOf(older)} rel="next" id="older" aria-label={m.photos_older_one()}>
              <Icon name="chevronRight" />
            </a>
          )}
        </figure>
        <div class="viewer-foot">
          <a class="b" href={galleryAt(shown.id, camera)} id="back">
            <Icon name="arrowLeft" />
            <span class="label">{m.photos_all()}</span>
          </a>
          <dl class="facts">
            <div>
              <dt>{m.photos_camera()}</dt>
              <dd>{shown.cameraName}</dd>
            </div>
            <div>
              <dt>{m.photos_taken_at()}</dt>
              <dd>
                <Time at={shown.takenAt} form="exact" />
              </dd>
            </div>
            <div>
              <dt>{m.photos_size()}</dt>
              <dd>{joined(sizeWord(shown), bytesWord(shown.bytes))}</dd>
            </div>
            <div>
              <dt>{m.photos_taken_by()}</dt>
              <dd>{shown.takenBy ?? m.photos_a_program()}</dd>
            </div>
          </dl>
          <a class="b" href={urls.download} download={shown.fileName}>
            <Icon name="download" />
            <span class="label">{m.photos_download()}</span>
          </a>
          {model.user !== null && <SharePanel model={model} here={pageOf(shown.id)} />}
          {mayDelete && (
            <form method="post" action="/photos/delete" id="delete-photo">
              <Csrf token={model.csrf} />
              <input type="hidden" name="ids" value={shown.id} />
              <input type="hidden" name="next" value={older ? pageOf(older) : galleryAt(null, camera)} />
              <button class="b bad" type="submit">
                <Icon name="trash" />
                <span class="label">{m.photos_delete()}</span>
              </button>
            </form>
          )}
        </div>
      </>
    ),
  });
}

/** The gallery where it shows this photo. */
function galleryAt(id: string | null, camera: string | null | undefined): string {
  const search = new URLSearchParams({ ...(camera == null ? {} : { camera }), ...(id === null ? {} : { at: id }) });
  return `/photos${search.size === 0 ? '' : `?${search.toString()}`}${id === null ? '' : `#${photoAnchor(id)}`}`;
}
