import { m } from '#messages';
import { joined } from '../text/joined.ts';
import { spaceWord } from '../text/disk-space.ts';
import { bytesWord, photosWord } from '../text/words.ts';
import type { GalleryDay, PhotosModel } from './models.ts';
import { page } from './parts/document.tsx';
import { cameraUrl, Csrf } from './parts/form.tsx';
import { Icon, Mark } from './parts/icon.tsx';
import { PhotoLink, PhotoTemplate } from './parts/photo-card.tsx';
import { AwayNotice } from './parts/settings-page.tsx';
import { useTimes } from './parts/time.tsx';

/** The gallery: photos by day, newest first. */
export function photos(model: PhotosModel): string {
  const { days, filter, usage } = model;
  const paged = filter.before !== null || filter.day != null;
  return page(model, {
    title: m.page_photos(),
    name: 'photos',
    script: 'photos',
    data: { camera: filter.camera, zone: model.zone ?? null, newest: model.newest ?? 0, count: usage.count },
    children: (
      <>
        <AwayNotice text={m.page_offline()} />
        <div class="page-head">
          <h1>{m.page_photos()}</h1>
          <p class="usage" id="usage">
            {usage.count === 0 ? m.photos_none() : joined(photosWord(usage.count), bytesWord(usage.bytes))}
          </p>
          {model.space != null && (
            <p class="usage" id="space">
              {spaceWord(model.space)}
            </p>
          )}
        </div>
        <Bar model={model} />
        {days.length > 0 && (
          <form class="gallery" method="post" action="/photos/archive" id="gallery">
            <Csrf token={model.csrf} />
            <input type="hidden" name="camera" value={filter.camera ?? ''} />
            <input type="hidden" name="zone" value={model.zone ?? ''} />
            <input type="hidden" name="until" value={model.newest ?? ''} />
            <Shown model={model} />
          </form>
        )}
        <div class="empty" id="nothing" hidden={days.length > 0}>
          <Nothing model={model} paged={paged && usage.count > 0} />
        </div>
        {(model.range?.days ?? 0) > 1 && <Scrubber />}
        <PhotoTemplate>
          <Tick id="" label="" />
        </PhotoTemplate>
      </>
    ),
  });
}

/** An address of the gallery that keeps the filter. */
function address(camera: string | null, extra: Readonly<Record<string, string | null | undefined>> = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries({ camera, ...extra })) if (value != null) search.set(name, value);
  return search.size === 0 ? '/photos' : `/photos?${search.toString()}`;
}

/** The photos of this page by day, and the ways to newer and older ones. */
function Shown({ model }: { readonly model: PhotosModel }) {
  const { days, filter, next, previous = null } = model;
  return (
    <div id="shown">
      {previous !== null && (
        <a class="btn ghost newer-photos" id="newer" href={address(filter.camera, { after: previous })} rel="prev">
          {m.photos_newer()}
        </a>
      )}
      <div id="days">
        {days.map((day) => (
          <Day key={day.day} day={day} camera={filter.camera} />
        ))}
      </div>
      {next !== null && (
        <a class="btn ghost older" id="older" href={address(filter.camera, { before: next })} rel="next">
          {m.photos_older()}
        </a>
      )}
    </div>
  );
}

/** The bar that stays in view: the filter, the date and Select, or what can be done with the selected photos. */
function Bar({ model }: { readonly model: PhotosModel }) {
  const cameras = [
    ...model.cameras.map(({ id, name }) => ({ id, name })),
    ...(model.removed ?? []).map(({ id, name }) => ({ id, name: m.photos_removed({ name }) })),
  ];
  const { range, filter } = model;
  if (model.days.length === 0 && cameras.length < 2 && range == null) return null;
  return (
    <div class="gallery-bar" id="gallery-bar">
      <div class="bar-main">
        {cameras.length > 1 && <Filter cameras={cameras} filter={filter} />}
        {range != null && (
          <form class="go-to" action="/photos" id="go-to">
            {filter.camera !== null && <input type="hidden" name="camera" value={filter.camera} />}
            <input
              type="date"
              name="day"
              aria-label={m.photos_go_to()}
              title={m.photos_go_to()}
              min={range.first}
              max={range.last}
              {...(filter.day == null ? {} : { value: filter.day })}
            />
            <button class="btn small ghost no-js" type="submit">
              {m.photos_go()}
            </button>
          </form>
        )}
        {model.days.length > 0 && (
          <button class="btn small ghost js-only" type="button" id="select" aria-pressed="false">
            {m.photos_select()}
          </button>
        )}
      </div>
      {model.days.length > 0 && <Actions mayDelete={model.mayDelete} count={model.usage.count} />}
    </div>
  );
}

function Filter(props: {
  readonly cameras: readonly { readonly id: string; readonly name: string }[];
  readonly filter: PhotosModel['filter'];
}) {
  const { camera: chosen, day } = props.filter;
  const here = (is: boolean) => (is ? ({ 'aria-current': 'true' } as const) : {});
  return (
    <nav class="filter" aria-label={m.photos_filter()}>
      <a href={address(null, { day })} {...here(chosen === null)}>
        {m.photos_all_cameras()}
      </a>
      {props.cameras.map(({ id, name }) => (
        <a key={id} href={address(id, { day })} data-camera={id} {...here(chosen === id)}>
          {name}
        </a>
      ))}
    </nav>
  );
}

function Day({ day, camera }: { readonly day: GalleryDay; readonly camera: string | null }) {
  const heading = `day-${day.day}`;
  const times = useTimes();
  const label = day.label ?? times.heading(day.day, Date.now());
  return (
    <section class="day" data-day={day.day} data-count={day.total.count} aria-labelledby={heading}>
      <div class="day-head">
        <label class="day-tick">
          <input type="checkbox" name="days" value={day.day} aria-label={m.photos_select_day({ day: label })} />
          <span aria-hidden="true">
            <Icon name="check" />
          </span>
        </label>
        <h2 id={heading}>{label}</h2>
        <p>{joined(photosWord(day.total.count), bytesWord(day.total.bytes))}</p>
      </div>
      <ul class="tiles">
        {day.photos.map((photo) => (
          <li key={photo.id}>
            <PhotoLink photo={photo} withCamera={camera === null} camera={camera} named />
            <Tick
              id={photo.id}
              label={m.photos_select_one({ photo: `${photo.cameraName}, ${times.write(photo.takenAt, 'clock')}` })}
            />
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

function Actions({ mayDelete, count }: { readonly mayDelete: boolean; readonly count: number }) {
  return (
    <div class="actions" role="group" aria-label={m.photos_selected_group()}>
      <button class="ib" type="reset" form="gallery" aria-label={m.photos_clear()} title={m.photos_clear_key()}>
        <Icon name="cross" />
      </button>
      <span class="selected-count" id="selected" role="status">
        {m.photos_selected_label()}
      </span>
      <label class="all-tick">
        <span class="day-tick">
          <input type="checkbox" name="all" value="1" form="gallery" id="all" />
          <span aria-hidden="true">
            <Icon name="check" />
          </span>
        </span>
        <span id="all-count">{m.photos_all_count({ shown: count.toLocaleString(m.common_intl()) })}</span>
      </label>
      <button class="b" type="submit" form="gallery" formaction="/photos/archive" id="download-selected">
        <Icon name="download" />
        <span class="label">{m.photos_download()}</span>
      </button>
      {mayDelete && (
        <button class="b bad" type="submit" form="gallery" formaction="/photos/delete" id="delete-selected">
          <Icon name="trash" />
          <span class="label">{m.photos_delete()}</span>
        </button>
      )}
    </div>
  );
}

/** A rail along the edge that leads to any date; its script fills it. */
function Scrubber() {
  return (
    <div
      class="scrubber js-only"
      id="scrubber"
      role="slider"
      tabIndex={0}
      aria-label={m.photos_date()}
      aria-orientation="vertical"
      aria-valuemin={0}
      aria-valuemax={0}
      aria-valuenow={0}
    >
      <div class="scrubber-marks" aria-hidden="true" />
      <div class="scrubber-thumb" aria-hidden="true">
        <span class="scrubber-date" />
      </div>
    </div>
  );
}

/** What the gallery says when it has no photos, by why that is and who reads it. */
function Nothing({ model, paged }: { readonly model: PhotosModel; readonly paged: boolean }) {
  const { camera: id } = model.filter;
  const mayCapture = model.mayDelete;
  const camera = model.cameras.find((each) => each.id === id);
  const say = (heading: string, text: string, href: string, link: string) => (
    <>
      <Mark />
      <h2>{heading}</h2>
      <p>{text}</p>
      <a class="btn ghost" href={href}>
        {link}
      </a>
    </>
  );
  if (paged) return say(m.photos_no_older(), m.photos_no_older_text(), address(id), m.photos_newest());
  if (camera !== undefined) {
    const heading = m.photos_none_of({ camera: camera.name });
    return mayCapture
      ? say(heading, m.photos_none_of_operator(), cameraUrl(camera.id), m.photos_open({ camera: camera.name }))
      : say(heading, m.photos_none_of_viewer(), '/photos', m.photos_all_cameras());
  }
  if (id !== null)
    return say(m.photos_none_of_unknown(), m.photos_none_of_unknown_text(), '/photos', m.photos_all_cameras());
  if (mayCapture) {
    return say(m.photos_none_at_all(), m.photos_none_operator(), '/', m.page_watch());
  }
  return say(m.photos_none_at_all(), m.photos_none_viewer(), '/', m.page_watch());
}
