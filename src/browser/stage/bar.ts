import { transportKinds } from '../transports/transport-kinds.ts';
import { find, findAll } from '../lib/dom.ts';
import { canFloat } from '../player/picture-in-picture.ts';
import { toggleFullscreen } from './screen.ts';
import { toast } from '../lib/toasts.ts';
import { betterTransports, isPinned, type Pinned } from '../transports/transport-choice.ts';
import type { View } from '../player/view.ts';

/** Size, figures, full screen, sound and the menu of the live page. */
export function upgradeBar(view: View): void {
  const stats = find<HTMLDetailsElement>('#figures');
  const size = find<HTMLFormElement>('form.size');
  size?.addEventListener('submit', (event) => event.preventDefault());
  size?.addEventListener('change', (event) => {
    const value = event.target instanceof HTMLSelectElement ? event.target.value : 'source';
    void view.resize(value === 'source' ? value : Number(value));
  });
  if (stats !== null && new URLSearchParams(location.search).has('figures')) stats.open = true;
  stats?.addEventListener('toggle', () => view.render());
  // A button pressed by a pointer gives the space key back to Start and Stop; one reached by keys keeps it.
  find('.watch')?.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('button') : null;
    if (event.detail > 0) button?.blur();
  });
  find('#fullscreen')?.addEventListener('click', toggleFullscreen);
  find('#show-figures')?.addEventListener('click', () => stats?.toggleAttribute('open'));
  find('#show-help')?.addEventListener('click', showHelp);
  upgradeTransports(view);
  upgradeFill(view);
  upgradeFloat(view);
  upgradeAudio(view);
}

/** Lists the keys. */
export function showHelp(): void {
  find<HTMLDialogElement>('#help')?.showModal();
}

/** How the person wants the picture to come, as this browser remembers it. */
export function pinnedTransport(): Pinned {
  const pinned = localStorage.getItem('transport');
  return isPinned(pinned) ? pinned : 'auto';
}

/** The choice of how the picture comes, where there is one. */
function upgradeTransports(view: View): void {
  const choice = find('#transports');
  const usable = betterTransports.filter((name) => transportKinds[name]?.supported() === true);
  if (choice === null || usable.length === 0) return;
  choice.hidden = false;
  const buttons = findAll('button', choice);
  const mark = (pinned: string) => {
    for (const button of buttons) button.setAttribute('aria-pressed', String(button.dataset.transport === pinned));
  };
  for (const button of buttons) {
    const { transport = 'auto' } = button.dataset;
    button.hidden = transport !== 'auto' && transport !== 'jpeg' && !usable.some((name) => name === transport);
    button.addEventListener('click', () => {
      localStorage.setItem('transport', transport);
      mark(pinnedTransport());
      view.stage.transport = pinnedTransport();
    });
  }
  mark(pinnedTransport());
}

function upgradeFill(view: View): void {
  const fill = find('#fill');
  const setFill = (on: boolean) => {
    view.stage.toggleAttribute('data-fill', on);
    fill?.setAttribute('aria-pressed', String(on));
    localStorage.setItem('fill', String(on));
  };
  fill?.addEventListener('click', () => setFill(!view.stage.hasAttribute('data-fill')));
  if (localStorage.getItem('fill') === 'true') setFill(true);
}

/** Picture in picture, where the browser has it. */
function upgradeFloat(view: View): void {
  const button = find('#float');
  if (button === null || !canFloat()) return;
  button.hidden = false;
  button.addEventListener('click', () => {
    view.stage.togglePictureInPicture().catch(() => {
      toast({ kind: 'error', text: 'Picture in picture is not available right now.' });
    });
  });
  view.stage.addEventListener('floatchange', () => button.setAttribute('aria-pressed', String(view.stage.floats)));
  view.stage.addEventListener('floatlost', () => {
    toast({ kind: 'error', text: 'Picture in picture closed because the transport changed. Open it again.' });
  });
}

/** The button for sound, as long as the camera has any. */
function upgradeAudio(view: View): void {
  const button = find('#mute');
  if (button === null) return;
  const show = () => {
    button.hidden = !view.stage.heard;
    button.setAttribute('aria-pressed', String(!view.stage.muted));
  };
  button.addEventListener('click', () => {
    view.stage.muted = !view.stage.muted;
    show();
  });
  view.stage.addEventListener('statechange', show);
  show();
}
