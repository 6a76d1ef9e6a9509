import { m } from '#messages';
import { transportKinds } from '../transports/transport-kinds.ts';
import { find, findAll } from '../lib/dom.ts';
import { canFloat } from '../player/picture-in-picture.ts';
import { toggleFullscreen } from './screen.ts';
import { toast } from '../lib/toasts.ts';
import { videoTransports, isPinned, type Pinned } from '../transports/transport-choice.ts';
import type { View } from './view.ts';

/** Adds behaviour to the bar of the live page: size, stats, full screen, audio and the menu. */
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
  // After a click the space key controls Start and Stop again; a button focused by keyboard keeps it.
  find('.watch')?.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('button') : null;
    if (event.detail > 0) button?.blur();
  });
  find('#fullscreen')?.addEventListener('click', toggleFullscreen);
  find('#show-figures')?.addEventListener('click', () => stats?.toggleAttribute('open'));
  find('#show-help')?.addEventListener('click', showHelp);
  upgradeTransports(view);
  upgradeCrop(view);
  upgradeFloat(view);
  upgradeAudio(view);
}

/** Opens the list of keyboard shortcuts. */
export function showHelp(): void {
  find<HTMLDialogElement>('#help')?.showModal();
}

/** The transport that the viewer chose in this browser. */
export function pinnedTransport(): Pinned {
  const pinned = localStorage.getItem('transport');
  return isPinned(pinned) ? pinned : 'auto';
}

/** The choice of transport, if this browser supports more than one. */
function upgradeTransports(view: View): void {
  const choice = find('#transports');
  const usable = videoTransports.filter((name) => transportKinds[name].supported());
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

function upgradeCrop(view: View): void {
  const fill = find('#fill');
  const setCrop = (on: boolean) => {
    view.stage.toggleAttribute('data-fill', on);
    fill?.setAttribute('aria-pressed', String(on));
    localStorage.setItem('fill', String(on));
  };
  fill?.addEventListener('click', () => setCrop(!view.stage.hasAttribute('data-fill')));
  if (localStorage.getItem('fill') === 'true') setCrop(true);
}

/** The button for picture in picture, if the browser supports it. */
function upgradeFloat(view: View): void {
  const button = find('#float');
  if (button === null || !canFloat()) return;
  button.hidden = false;
  button.addEventListener('click', () => {
    view.stage.togglePictureInPicture().catch(() => {
      toast({ kind: 'error', text: m.player_float_failed() });
    });
  });
  view.stage.addEventListener('floatchange', () => button.setAttribute('aria-pressed', String(view.stage.floats)));
  view.stage.addEventListener('floatlost', () => {
    toast({ kind: 'error', text: m.player_float_lost() });
  });
}

/** The button for audio, shown while the camera has audio. */
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
