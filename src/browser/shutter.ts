import type { Photo } from '../domain/photo.ts';
import { announce, find, mayMove } from './dom.ts';
import type { Filmstrip } from './filmstrip.ts';
import { postForm } from './post.ts';
import { toast } from './toasts.ts';
import type { View } from './view.ts';

/** Two presses within this time are one, made by a double click, in milliseconds. */
const doubleClickMs = 300;

/** The shutter: a flash at once, then the photo in the filmstrip, or why there is none. */
export class Shutter {
  readonly #form: HTMLFormElement | null = find<HTMLFormElement>('form.capture');
  readonly #view: View;
  readonly #film: Filmstrip;
  #waiting = 0;
  #pressedAt = -Infinity;
  readonly #held: Photo[] = [];

  constructor(view: View, film: Filmstrip) {
    this.#view = view;
    this.#film = film;
    this.#form?.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.press();
    });
  }

  /** Takes a photo, if this person may and the picture runs. */
  async press(): Promise<void> {
    const button = find<HTMLButtonElement>('.shutter');
    if (this.#form === null || button === null || button.disabled) return;
    const now = performance.now();
    if (now - this.#pressedAt < doubleClickMs) return;
    this.#pressedAt = now;
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
