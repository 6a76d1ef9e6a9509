import { m } from '#messages';
import type { CameraInfo } from '../../domain/cameras/camera.ts';
import { ControlForm } from '../settings/control-form.ts';
import { find } from '../lib/dom.ts';
import { upgradePtz } from '../settings/upgrade-ptz.ts';
import { fetchPage } from '../lib/page-data.ts';

/** The panel with the camera's controls, next to the video. */
export class Adjust {
  readonly #sheet = find('#adjust');
  readonly #body = find('#adjust-body');
  readonly #link = find<HTMLAnchorElement>('#show-controls');
  readonly #onSignedOut: () => void;
  #form: ControlForm | null = null;
  #kind = '';

  constructor(onSignedOut: () => void) {
    this.#onSignedOut = onSignedOut;
    this.#link?.addEventListener('click', (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.#open();
    });
    find('#adjust-close')?.addEventListener('click', () => this.#close());
    this.#sheet?.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      this.#close();
    });
  }

  /** Opens or closes the panel. */
  toggle(): void {
    if (this.#sheet?.hidden === false) this.#close();
    else this.#open();
  }

  /** The camera's state changed, so its controls may have changed too. */
  cameraChanged({ state }: CameraInfo): void {
    if (state.kind === this.#kind) return;
    this.#kind = state.kind;
    if (this.#sheet?.hidden !== false || state.kind === 'opening' || state.kind === 'closed') return;
    if (this.#form === null) void this.#load();
    else void this.#form.refresh();
  }

  #open(): void {
    if (this.#sheet === null || this.#link === null) return;
    this.#sheet.hidden = false;
    this.#sheet.focus();
    void this.#load();
  }

  #close(): void {
    if (this.#sheet === null) return;
    const hadFocus = this.#sheet.contains(document.activeElement);
    this.#sheet.hidden = true;
    if (hadFocus) find('.bar .menu > summary')?.focus();
  }

  /** Loads the form from the page that the server renders for browsers without scripts. */
  async #load(): Promise<void> {
    const body = this.#body;
    if (body === null || this.#link === null) return;
    if (this.#form === null) body.textContent = m.live_controls_loading();
    body.setAttribute('aria-busy', 'true');
    const fresh = await fetchPage(this.#link.href);
    body.removeAttribute('aria-busy');
    const controls = fresh.kind === 'page' ? find('#controls', fresh.document) : null;
    if (fresh.kind === 'signed-out') this.#onSignedOut();
    this.#form = null;
    if (controls === null) {
      body.textContent = m.live_controls_offline();
      return;
    }
    const scrolled = body.scrollTop;
    body.replaceChildren(document.adoptNode(controls));
    body.scrollTop = scrolled;
    find('a', controls)?.addEventListener('click', (event) => {
      event.preventDefault();
      void this.#load();
    });
    void upgradePtz(controls);
    if (controls.dataset.camera === undefined) return;
    this.#form = new ControlForm(controls, { onSignedOut: this.#onSignedOut, onStale: () => void this.#load() });
  }
}
