import { m } from '#messages';
import { find } from '../lib/dom.ts';
import { fetchPage, replace } from '../lib/page-data.ts';
import { askApi } from '../lib/post.ts';
import { toast } from '../lib/toasts.ts';
import { upgradeCopy } from '../settings/copy.ts';

/** Adds behaviour to the panel Share of the photo that the viewer shows. */
export class Share {
  readonly #photo: () => string;

  /** @param photo the id of the photo */
  constructor(photo: () => string) {
    this.#photo = photo;
  }

  start(): void {
    upgradeCopy();
    document.addEventListener('submit', (event) => {
      const form = event.target instanceof HTMLFormElement ? event.target : null;
      if (form?.closest('.share-panel') == null) return;
      event.preventDefault();
      void this.#submit(form);
    });
    document.addEventListener('click', (event) => {
      if (event.target instanceof Element && event.target.closest('#share-photo') !== null) void this.#share();
    });
    document.addEventListener(
      'toggle',
      ({ target }) => {
        if (target instanceof Element && target.id === 'share')
          find('.share-panel', target)?.scrollIntoView({ block: 'nearest' });
      },
      { capture: true },
    );
    document.addEventListener('keydown', (event) => {
      // Keys in the panel belong to it: Delete deletes no photo there.
      const isInside = event.target instanceof Element && event.target.closest('.share-panel') !== null;
      if (isInside && event.key !== 'Escape') event.stopPropagation();
    });
  }

  /** The viewer shows another photo. */
  shown(): void {
    const button = find('#share-photo');
    if (button !== null) button.hidden = !('share' in navigator);
  }

  /** Sends a form once, however often its button is pressed meanwhile. */
  async #submit(form: HTMLFormElement): Promise<void> {
    if (form.ariaBusy === 'true') return;
    form.ariaBusy = 'true';
    await (form.id === 'new-link' ? this.#create(form) : this.#revoke(form));
    form.ariaBusy = 'false';
  }

  async #create(form: HTMLFormElement): Promise<void> {
    const days = Number(new FormData(form).get('days'));
    const result = await askApi<{ readonly id: string }>('POST', `/api/photos/${this.#photo()}/links`, { days });
    if (!result.ok) return toast({ kind: 'error', text: result.problem.message });
    await this.#refresh();
    find(`[data-copy="link-${CSS.escape(result.value.id)}"]`)?.click();
  }

  async #revoke(form: HTMLFormElement): Promise<void> {
    const result = await askApi('POST', form.action);
    if (!result.ok) return toast({ kind: 'error', text: result.problem.message });
    await this.#refresh();
    find('#share > summary')?.focus();
    toast({ kind: 'done', text: m.photos_link_revoked() });
  }

  async #refresh(): Promise<void> {
    const fresh = await fetchPage();
    if (fresh.kind === 'page') replace('#links', fresh.document);
  }

  /** Gives the photo, or where the browser takes no files a link, to the programs of this device. */
  async #share(): Promise<void> {
    const title = document.title;
    const name = find('#share-photo')?.dataset.name ?? 'photo.jpg';
    try {
      const response = await fetch(`/photos/${encodeURIComponent(this.#photo())}/file`);
      if (!response.ok) throw new Error('The photo is no longer there.');
      const file = new File([await response.blob()], name, { type: 'image/jpeg' });
      if (navigator.canShare({ files: [file] })) return await navigator.share({ files: [file], title });
      const result = await askApi<{ readonly path: string }>('POST', `/api/photos/${this.#photo()}/links`, { days: 7 });
      if (!result.ok) return toast({ kind: 'error', text: result.problem.message });
      await this.#refresh();
      await navigator.share({ url: new URL(result.value.path, location.href).href, title });
    } catch (error) {
      // The person closed the browser's sheet.
      if (error instanceof DOMException && error.name === 'AbortError') return;
      toast({ kind: 'error', text: m.photos_share_failed() });
    }
  }
}
