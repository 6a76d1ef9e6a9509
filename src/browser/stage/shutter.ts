import { m } from '#messages';
import type { Photo } from '../../domain/photo.ts';
import { announce, find, mayMove } from '../lib/dom.ts';
import type { Filmstrip } from './filmstrip.ts';
import { askApi } from '../lib/post.ts';
import { toast } from '../lib/toasts.ts';
import type { View } from './view.ts';

/** The shutter button: flashes at once, then shows the photo in the filmstrip, or the error. */
export class Shutter {
  readonly #form: HTMLFormElement | null = find<HTMLFormElement>('form.capture');
  readonly #view: View;
  readonly #film: Filmstrip;
  #waiting = 0;
  readonly #held: Photo[] = [];

  constructor(view: View, film: Filmstrip) {
    this.#view = view;
    this.#film = film;
    // A double click takes one photo.
    find('.shutter')?.addEventListener('click', (event) => event.detail > 1 && event.preventDefault());
    this.#form?.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.press();
    });
  }

  /** Takes a photo, if the user may and the stream is running. */
  async press(): Promise<void> {
    const button = find<HTMLButtonElement>('.shutter');
    if (this.#form === null || button === null || button.disabled) return;
    flash(this.#view.stage);
    button.setAttribute('aria-busy', 'true');
    this.#waiting += 1;
    const result = await askApi<Photo>('POST', `/api/cameras/${encodeURIComponent(this.#view.cameraId)}/photos`);
    this.#waiting -= 1;
    if (this.#waiting === 0) button.removeAttribute('aria-busy');
    if (result.ok) {
      this.#film.fly(result.value, this.#view.element);
      if (this.#film.visible) announce(m.live_photo_taken());
      else toast({ kind: 'done', text: m.live_photo_taken() });
    } else {
      toast({ kind: 'error', text: result.problem.message });
    }
    for (const photo of this.#held.splice(0)) this.#film.add(photo);
  }

  /**
   * Adds a photo that the server announced, if it is of this page's camera. While this page waits for its own photo, it
   * is held back.
   */
  arrived(photo: Photo): void {
    if (photo.cameraId !== this.#view.cameraId) return;
    if (this.#waiting > 0) this.#held.push(photo);
    else this.#film.add(photo);
  }
}

function flash(stage: HTMLElement): void {
  if (!mayMove()) return;
  const light = document.createElement('div');
  light.className = 'flash';
  stage.append(light);
  void light
    .animate([{ opacity: 0.75 }, { opacity: 0 }], { duration: 260, easing: 'ease-out' })
    .finished.finally(() => {
      light.remove();
    });
}
