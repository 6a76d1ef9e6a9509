import type { Photo } from '../../domain/photo.ts';
import { announce, find, mayMove } from '../lib/dom.ts';
import type { Filmstrip } from './filmstrip.ts';
import { postForm } from '../lib/post.ts';
import { toast } from '../lib/toasts.ts';
import type { View } from '../player/view.ts';

/** The shutter: a flash at once, then the photo in the filmstrip, or why there is none. */
export class Shutter {
  readonly #form: HTMLFormElement | null = find<HTMLFormElement>('form.capture');
  readonly #view: View;
  readonly #film: Filmstrip;
  #waiting = 0;
  readonly #held: Photo[] = [];

  constructor(view: View, film: Filmstrip) {
    this.#view = view;
    this.#film = film;
    // A double click is one photo.
    find('.shutter')?.addEventListener('click', (event) => event.detail > 1 && event.preventDefault());
    this.#form?.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.press();
    });
  }

  /** Takes a photo, if this person may and the picture runs. */
  async press(): Promise<void> {
    const button = find<HTMLButtonElement>('.shutter');
    if (this.#form === null || button === null || button.disabled) return;
    flash(this.#view.stage);
    button.setAttribute('aria-busy', 'true');
    this.#waiting += 1;
    const result = await postForm<Photo>(this.#form);
    this.#waiting -= 1;
    if (this.#waiting === 0) button.removeAttribute('aria-busy');
    if (result.ok) {
      this.#film.fly(result.value, this.#view.picture);
      if (this.#film.visible) announce('Photo taken.');
      else toast({ kind: 'done', text: 'Photo taken.' });
    } else {
      toast({ kind: 'error', text: result.problem.message });
    }
    for (const photo of this.#held.splice(0)) this.#film.add(photo);
  }

  /** A photo that the server tells of; while this page waits for its own, that one comes first. */
  arrived(photo: Photo): void {
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
