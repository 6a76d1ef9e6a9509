import { find, findAll } from './dom.ts';

/** A message at the bottom of the page. */
export interface Toast {
  readonly kind: 'done' | 'error';
  readonly text: string;
  /** Called by the Undo button. */
  readonly undo?: () => void;
}

const shownMs = 6000;
const undoMs = 15_000;

/** Shows a message. Successes disappear automatically; errors stay until dismissed. */
export function toast({ kind, text, undo }: Toast): void {
  const template = find<HTMLTemplateElement>('#toast-template');
  const made = template?.content.firstElementChild?.cloneNode(true);
  const place = find('#toasts');
  if (!(made instanceof HTMLElement) || place === null) return;
  made.dataset.kind = kind;
  made.setAttribute('role', kind === 'error' ? 'alert' : 'status');
  const words = find('.toast-text', made);
  const button = find<HTMLButtonElement>('.toast-undo', made);
  if (button !== null) {
    button.hidden = undo === undefined;
    button.onclick = () => {
      leave(made);
      undo?.();
    };
  }
  for (const old of findAll('.toast', place)) leave(old);
  place.append(made);
  // Words that come after the element are what gets read aloud.
  if (words !== null) words.textContent = text;
  live(made);
}

/** Gives the message that came with the page its manners, and tells styles how high messages are. */
export function upgradeToasts(): void {
  const place = find('#toasts');
  if (place === null) return;
  new ResizeObserver(() => {
    document.documentElement.style.setProperty('--toasts', `${place.offsetHeight}px`);
  }).observe(place);
  for (const each of findAll('.toast', place)) live(each);
}

function live(element: HTMLElement): void {
  const close = find('.toast-close', element);
  if (close !== null) close.onclick = () => leave(element);
  if (element.dataset.kind === 'error') return;
  const hasUndo = find('form, .toast-undo:not([hidden])', element) !== null;
  const wait = () => window.setTimeout(() => leave(element), hasUndo ? undoMs : shownMs);
  let timer = wait();
  // A message under the pointer or with the focus stays.
  for (const event of ['pointerenter', 'focusin'] as const) element.addEventListener(event, () => clearTimeout(timer));
  for (const event of ['pointerleave', 'focusout'] as const) {
    element.addEventListener(event, () => {
      clearTimeout(timer);
      timer = wait();
    });
  }
}

function leave(element: HTMLElement): void {
  element.classList.add('gone');
  find(':focus', element)?.blur();
  setTimeout(() => element.remove(), 250);
}
