import { isMovable, type Ptz } from '../../domain/cameras/ptz.ts';
import type { askApi } from '../lib/post.ts';
import css from './ptz-over.css?inline';

/** Windows in which the pad leaves most of the video visible. In others it begins as one button. */
const roomy = matchMedia('(min-width: 640px) and (min-height: 480px)');
const choiceKey = 'ptz';

/** Shows the pad over the video once the camera is live and says that it can be moved. */
export function showPtzOver(ask: typeof askApi): void {
  const pad = document.querySelector<HTMLElement>('.ptz-over');
  const stage = document.querySelector<HTMLElement>('.screen > .stage');
  if (pad === null || stage === null) return;
  let isAsked = false;
  const show = async (): Promise<void> => {
    // Not before the first frame, which asking would delay.
    if (isAsked || stage.dataset.state !== 'live') return;
    isAsked = true;
    const answer = await ask<Ptz>('GET', `/api/cameras/${encodeURIComponent(pad.dataset.camera ?? '')}/ptz`);
    isAsked = answer.ok;
    if (answer.ok && isMovable(answer.value)) fill(pad, answer.value);
  };
  stage.addEventListener('statechange', () => void show());
  void show();
}

/** Removes the buttons for movements that the camera lacks, and adds its presets. */
function fill(pad: HTMLElement, { turns, zooms, presets }: Ptz): void {
  const directions = [...(turns ? [] : ['up', 'left', 'right', 'down']), ...(zooms ? [] : ['in', 'out'])];
  for (const direction of directions) pad.querySelector(`[value=${direction}]`)?.remove();
  if (presets.length === 0) pad.querySelector('details')?.remove();
  pad.querySelector('.sheet')?.append(
    ...presets.map(({ id, name }) => {
      const button = Object.assign(document.createElement('button'), { type: 'button', name: 'preset', value: id });
      button.append(
        Object.assign(document.createElement('span'), { className: 'name', dir: 'auto', textContent: name }),
      );
      return button;
    }),
  );
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets.push(sheet);
  const render = (): void => {
    const chosen = localStorage.getItem(choiceKey) ?? (roomy.matches ? 'shown' : 'hidden');
    pad.toggleAttribute('data-open', chosen === 'shown');
  };
  roomy.addEventListener('change', render);
  pad.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLButtonElement>('[name=pad]') : null;
    if (button === null) return;
    localStorage.setItem(choiceKey, button.value);
    render();
    if (event.detail === 0) pad.querySelector<HTMLElement>(`[name=pad]:not([value=${button.value}])`)?.focus();
  });
  render();
  pad.hidden = false;
}
