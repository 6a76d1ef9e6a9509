import { find } from '../lib/dom.ts';
import type { View } from './view.ts';

const key = 'resume';

/** Remembers in this tab what was playing when the sign-in ended. */
export function rememberPlaying(views: readonly View[]): void {
  const playing = views.filter((view) => view.streaming).map((view) => view.cameraId);
  if (playing.length > 0) sessionStorage.setItem(key, JSON.stringify(playing));
}

/** Plays that again after the next sign-in. A person who signs out in this tab is done with it. */
export function resumePlaying(views: readonly View[]): void {
  const playing = sessionStorage.getItem(key) ?? '[]';
  sessionStorage.removeItem(key);
  for (const view of views) if (playing.includes(JSON.stringify(view.cameraId))) void view.start();
  find('form[action="/logout"]')?.addEventListener('submit', () => {
    addEventListener('pagehide', () => sessionStorage.removeItem(key));
  });
}
