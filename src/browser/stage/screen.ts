import { find } from '../lib/dom.ts';

const idleMs = 2800;

/** Toggles full screen. Where the browser has none, as on iPhones, the video fills the window. */
export function toggleFullscreen(): void {
  const watch = find('.watch') ?? find('.cams');
  if (watch === null) return;
  if (document.fullscreenElement !== null) void document.exitFullscreen();
  else if (watch.classList.contains('filling')) watch.classList.remove('filling');
  else if (document.fullscreenEnabled) watch.requestFullscreen().catch(() => watch.classList.add('filling'));
  else watch.classList.add('filling');
}

/** Moves messages into the full-screen element, outside of which nothing is visible; on a live page they are in it. */
export function keepMessagesVisible(): void {
  const messages = find('#toasts');
  const place = messages?.parentElement;
  document.addEventListener('fullscreenchange', () => {
    const full = document.fullscreenElement;
    if (messages != null && full?.contains(messages) !== true) (full ?? place)?.append(messages);
  });
}

/** Ends the replacement for full screen. @returns true if it was active */
export function leaveFilling(): boolean {
  const filling = find('.filling');
  filling?.classList.remove('filling');
  return filling !== null;
}

/** Hides the controls while the user is idle. Any movement, touch or key shows them again. */
export function followIdleness(): void {
  let timer = 0;
  guardHiddenControls();
  const active = () => {
    document.body.classList.remove('idle');
    clearTimeout(timer);
    timer = window.setTimeout(() => document.body.classList.add('idle'), idleMs);
  };
  for (const event of ['pointermove', 'pointerdown', 'keydown', 'focusin', 'wheel'] as const) {
    addEventListener(event, active, { passive: true });
  }
  active();
}

/** The touch that shows the controls again must not press a button that was invisible. */
function guardHiddenControls(): void {
  let unseen = false;
  const seen = (event: PointerEvent) => {
    const over = event.target instanceof Element ? event.target.closest('.bar, .ptz-over') : null;
    unseen = event.pointerType !== 'mouse' && over !== null && getComputedStyle(over).opacity === '0';
  };
  addEventListener('pointerdown', seen, { capture: true });
  const guard = (event: MouseEvent) => {
    if (!unseen) return;
    event.preventDefault();
    event.stopPropagation();
    unseen = false;
  };
  addEventListener('click', guard, { capture: true });
}

/** Keeps the screen on in kiosk mode, if the browser allows it. */
export function stayLit(): void {
  if (!document.body.classList.contains('kiosk') || !('wakeLock' in navigator)) return;
  const ask = () => {
    if (!document.hidden) navigator.wakeLock.request('screen').catch(() => undefined);
  };
  document.addEventListener('visibilitychange', ask);
  ask();
}
