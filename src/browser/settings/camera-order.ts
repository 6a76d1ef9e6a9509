import { m } from '#messages';
import { announce, find, findAll } from '../lib/dom.ts';
import { adoptShell, fetchPage } from '../lib/page-data.ts';
import { askApi } from '../lib/post.ts';
import { toast } from '../lib/toasts.ts';

/** Moves cameras up and down without reloading the page. While the order is being saved, the list is busy. */
export function upgradeOrder(): void {
  const list = find('#camera-cards');
  list?.addEventListener('submit', (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.classList.contains('move')) return;
    event.preventDefault();
    const before = orderOf(list);
    if (!move(form)) return;
    showEnds(list);
    const card = form.closest('li');
    focusOn(find('button', form));
    const camera = (card && find('h2', card)?.textContent) ?? '';
    const order = orderOf(list);
    announce(m.grid_position({ camera, place: order.indexOf(card?.dataset.camera ?? '') + 1, count: order.length }));
    if (list.ariaBusy !== 'true') void save(list, before);
  });
}

/** Exchanges a card with its neighbour, which moves in the document: the card itself would lose the focus. */
function move(form: HTMLFormElement): boolean {
  const card = form.closest('li');
  const isUp = Number(form.dataset.by) < 0;
  const other = isUp ? card?.previousElementSibling : card?.nextElementSibling;
  if (!card || !other) return false;
  if (isUp) card.after(other);
  else card.before(other);
  return true;
}

/**
 * Saves the order of the page, and again if it has changed meanwhile: of two requests at once, the older one may arrive last.
 * If that fails, the page shows the order that the server has.
 */
async function save(list: HTMLElement, before: readonly string[]): Promise<void> {
  list.ariaBusy = 'true';
  let saved = before;
  for (let ids = orderOf(list); ids.join() !== saved.join(); ids = orderOf(list)) {
    const result = await askApi('PUT', '/api/cameras/order', { ids });
    if (result.ok) saved = ids;
    else {
      setOrder(list, saved);
      toast({ kind: 'error', text: result.problem.message });
    }
  }
  list.ariaBusy = 'false';
  const fresh = await fetchPage();
  if (fresh.kind === 'page') adoptShell(fresh.document);
}

function setOrder(list: HTMLElement, ids: readonly string[]): void {
  const focused = document.activeElement;
  const cards = cardsOf(list);
  list.append(...ids.flatMap((id) => cards.find((card) => card.dataset.camera === id) ?? []));
  showEnds(list);
  focusOn(focused);
}

/** Focuses a button; at an end of the list, where it works no more, the other one of its card. */
function focusOn(button: Element | null): void {
  const card = button?.closest('li');
  const other = card ? find('.move button:enabled', card) : null;
  if (button instanceof HTMLElement && (other === null || button.matches(':enabled'))) button.focus();
  else other?.focus();
}

/** The first camera can't be moved up, and the last one not down. */
export function showEnds(list: HTMLElement): void {
  const cards = cardsOf(list);
  for (const [index, card] of cards.entries()) {
    for (const form of findAll('.move', card)) {
      const button = find<HTMLButtonElement>('button', form);
      const other = index + Number(form.dataset.by);
      if (button !== null) button.disabled = other < 0 || other >= cards.length;
    }
  }
}

function orderOf(list: HTMLElement): readonly string[] {
  return cardsOf(list).map(({ dataset }) => dataset.camera ?? '');
}

function cardsOf(list: HTMLElement): readonly HTMLElement[] {
  return findAll(':scope > li', list);
}
