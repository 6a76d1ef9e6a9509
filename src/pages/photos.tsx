import { spaceWord } from '../text/disk-space.ts';
import { bytesWord, photosWord } from '../text/words.ts';
import type { GalleryDay, PhotosModel } from './models.ts';
import { page } from './parts/document.tsx';
import { Csrf } from './parts/form.tsx';
import { Icon, Mark } from './parts/icon.tsx';
import { PhotoLink, PhotoTemplate } from './parts/photo-card.tsx';
import { useTimes } from './parts/time.tsx';

/** The gallery: photos by day, newest first. */
export function photos(model: PhotosModel): string {
  const { days, filter, next, usage, mayDelete } = model;
  const query = (extra: Record<string, string>) => {
    const search = new URLSearchParams({ ...(filter.camera === null ? {} : { camera: filter.camera }), ...extra });
    return search.size === 0 ? '/photos' : `/photos?${search.toString()}`;
  };
  return page(model, {
    title: 'Photos',
    name: 'photos',
    script: 'photos',
    data: { camera: filter.camera, firstPage: filter.before === null },
    children: (
      <>
        <div class="page-head">
          <h1>Photos</h1>
          <p class="usage" id="usage">
            {usage.count === 0 ? 'None yet' : `${photosWord(usage.count)} · ${bytesWord(usage.bytes)}`}
          </p>
          {model.space != null && (
            <p class="usage" id="space">
              {spaceWord(model.space)}
            </p>
          )}
          {model.cameras.length > 1 && <Filter model={model} />}
          {days.length > 0 && (
            <button class="btn small ghost js-only" type="button" id="select" aria-pressed="false">
              Select
            </button>
          )}
        </div>
        {days.length === 0 ? (
          <Nothing paged={filter.before !== null} mayCapture={mayDelete} />
        ) : (
          <form class="gallery" method="post" action="/photos/archive" id="gallery">
            <Csrf token={model.csrf} />
            <div id="days">
              {days.map((day) => (
                <Day key={day.day} day={day} />
              ))}
            </div>
            {next !== null && (
              <a class="btn ghost older" id="older" href={query({ before: next })} rel="next">
                Older photos
              </a>
            )}
            <Actions mayDelete={mayDelete} />
          </form>
        )}
        <PhotoTemplate>
          <Tick id="" label="" />
        </PhotoTemplate>
      </>
    ),
  });
}

function Filter({ model }: { readonly model: PhotosModel }) {
  const chosen = model.filter.camera;
  return (
    <nav class="filter" aria-label="Filter by camera">
      <a href="/photos" {...(chosen === null ? { 'aria-current': 'true' as const } : {})}>
        All cameras
      </a>
      {model.cameras.map((camera) => (
        <a
          key={camera.id}
          href={`/photos?camera=${encodeURIComponent(camera.id)}`}
          {...(chosen === camera.id ? { 'aria-current': 'true' as const } : {})}
        >
          {camera.name}
        </a>
      ))}
    </nav>
  );
}

function Day({ day }: { readonly day: GalleryDay }) {
  const heading = `day-${day.day}`;
  const times = useTimes();
  return (
    <section class="day" data-day={day.day} aria-labelledby={heading}>
      <div class="day-head">
        <h2 id={heading}>{day.label ?? times.heading(day.day, Date.now())}</h2>
        <p>
          {photosWord(day.total.count)} · {bytesWord(day.total.bytes)}
        </p>
      </div>
      <ul class="tiles">
        {day.photos.map((photo) => (
          <li key={photo.id}>
            <PhotoLink photo={photo} withCamera />
            <Tick id={photo.id} label={`Select ${photo.cameraName}, ${times.write(photo.takenAt, 'clock')}`} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Tick({ id, label }: { readonly id: string; readonly label: string }) {
  return (
    <label class="tick">
      <input type="checkbox" name="ids" value={id} aria-label={label} />
      <span aria-hidden="true">
        <Icon name="check" />
      </span>
    </label>
  );
}

function Actions({ mayDelete }: { readonly mayDelete: boolean }) {
  return (
    <div class="actions" role="group" aria-label="Selected photos">
      <span class="selected-count" id="selected" role="status">
        Selected
      </span>
      <button class="b" type="submit" formaction="/photos/archive">
        <Icon name="download" />
        <span class="label">Download</span>
      </button>
      {mayDelete && (
        <button class="b bad" type="submit" formaction="/photos/delete" id="delete-selected">
          <Icon name="trash" />
          <span class="label">Delete</span>
        </button>
      )}
      <button class="b" type="reset" aria-label="Clear selection" title="Clear selection (Esc)">
        <Icon name="cross" />
      </button>
    </div>
  );
}

function Nothing({ paged, mayCapture }: { readonly paged: boolean; readonly mayCapture: boolean }) {
  const first = mayCapture
    ? 'Start a camera and press the shutter. Your photos appear here.'
    : 'Photos appear here when somebody takes one.';
  return (
    <div class="empty">
      <Mark />
      <h2>{paged ? 'No older photos' : 'No photos yet'}</h2>
      <p>{paged ? 'There are no photos before these.' : first}</p>
      <a class="btn ghost" href={paged ? '/photos' : '/'}>
        {paged ? 'Newest photos' : 'Watch live'}
      </a>
    </div>
  );
}
