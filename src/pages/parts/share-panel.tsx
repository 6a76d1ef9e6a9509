import { m } from '#messages';
import { linkDays } from '../../domain/photo-link.ts';
import type { PhotoModel } from '../models.ts';
import { Csrf } from './form.tsx';
import { Icon } from './icon.tsx';
import { Time } from './time.tsx';

/** The ways to show a photo to others: the browser's own, and links that end. */
export function SharePanel({ model, here }: { readonly model: PhotoModel; readonly here: string }) {
  const { photo, links = [] } = model;
  const action = `/photos/${encodeURIComponent(photo.id)}/links`;
  return (
    <details class="menu up share" id="share" open={model.sharing === true}>
      <summary class="b">
        <Icon name="share" />
        <span class="label">{m.photos_share()}</span>
      </summary>
      <div class="share-panel">
        <button class="btn small ghost js-only" type="button" id="share-photo" data-name={photo.fileName} hidden>
          <Icon name="share" />
          {m.photos_share_photo()}
        </button>
        <form method="post" action={action} id="new-link">
          <Csrf token={model.csrf} />
          <input type="hidden" name="next" value={here} />
          <p class="hint">{m.photos_link_about()}</p>
          <div class="field">
            <label for="link-days">{m.photos_link_lasts()}</label>
            <select id="link-days" name="days">
              {linkDays.map((days) => (
                <option value={days} selected={days === 7}>
                  {m.photos_link_days({ count: days, shown: String(days) })}
                </option>
              ))}
            </select>
          </div>
          <button class="btn small" type="submit">
            <span class="js-only">{m.photos_link_copy_new()}</span>
            <span class="no-js">{m.photos_link_create()}</span>
          </button>
        </form>
        <div id="links">
          {links.length > 0 && <h2>{m.photos_links()}</h2>}
          <ul>
            {links.map(({ id, url, createdBy, expiresAt }) => (
              <li key={id}>
                <div class="copy-row">
                  <input id={`link-${id}`} value={url} readOnly aria-label={m.photos_link_address()} />
                  <button class="ib js-only" type="button" data-copy={`link-${id}`} aria-label={m.photos_link_copy()}>
                    <Icon name="copy" />
                  </button>
                </div>
                <div class="link-facts">
                  <span>
                    {m.photos_link_until()} <Time at={expiresAt} form="moment" />
                    {`\u00a0· ${createdBy}`}
                  </span>
                  <form method="post" action={`${action}/${encodeURIComponent(id)}/revoke`} class="revoke-link">
                    <Csrf token={model.csrf} />
                    <input type="hidden" name="next" value={here} />
                    <button class="btn small ghost bad" type="submit">
                      {m.photos_link_revoke()}
                    </button>
                  </form>
                </div>
              </li>
            ))}
          </ul>
        </div>
      </div>
    </details>
  );
}
