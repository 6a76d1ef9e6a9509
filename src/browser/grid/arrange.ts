import { m } from '#messages';
import { along, announce, find, findAll, mayMove } from '../lib/dom.ts';

/**
 * Lets tiles be put into another order: by dragging, or with the arrow keys while the button of a tile is focused.
 *
 * @param changed called with the camera ids after each move
 * @returns resolves when the user is done
 */
export function arrange(list: HTMLElement, changed: (order: readonly string[]) => void): Promise<void> {
  const end = new AbortController();
  const { signal } = end;
  const done = find('#arranged');
  const grips = findAll('.grip', list);
  const show = (on: boolean): void => {
    list.classList.toggle('arranging', on);
    for (const each of [done, ...grips]) if (each !== null) each.hidden = !on;
  };
  const orderOf = () => findAll(':scope > li', list).map(({ dataset }) => dataset.camera ?? '');
  let before = '';
  const finish = (): void => {
    const order = orderOf();
    if (before !== order.join()) changed(order);
    before = order.join();
  };
  show(true);
  before = orderOf().join();
  grips[0]?.focus();
  announce(m.grid_arrange_hint());

  for (const item of findAll(':scope > li', list)) {
    const grip = find('.grip', item);
    item.addEventListener(
      'pointerdown',
      (down) => {
        const onGrip = down.target instanceof Node && grip?.contains(down.target) === true;
        // A finger elsewhere on the tile scrolls the page.
        if (down.button !== 0 || (down.pointerType === 'touch' && !onGrip)) return;
        down.preventDefault();
        grip?.focus();
        drag(list, item, down, finish);
      },
      { signal },
    );
    // Tiles link to their cameras.
    item.addEventListener('click', (event) => event.preventDefault(), { signal });
    item.addEventListener('dragstart', (event) => event.preventDefault(), { signal });
    grip?.addEventListener(
      'keydown',
      (event) => {
        const by = { ArrowLeft: along(-1), ArrowUp: -1, ArrowRight: along(1), ArrowDown: 1 }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        const items = findAll(':scope > li', list);
        const target = items[items.indexOf(item) + by];
        if (target === undefined) return;
        moveTo(list, item, target);
        item.scrollIntoView({ block: 'nearest' });
        finish();
      },
      { signal },
    );
  }

  return new Promise((resolve) => {
    const leave = (): void => {
      end.abort();
      show(false);
      resolve();
    };
    done?.addEventListener('click', leave, { signal });
    addEventListener(
      'keydown',
      (event) => {
        if (event.key !== 'Escape') return;
        event.stopImmediatePropagation();
        leave();
      },
      { signal, capture: true },
    );
  });
}

/** Follows the pointer: the tile takes the place of each one that the pointer enters. */
function drag(list: HTMLElement, item: HTMLElement, down: PointerEvent, finish: () => void): void {
  const end = new AbortController();
  const { signal } = end;
  item.classList.add('dragged');
  const mine = (act: (event: PointerEvent) => void) => (event: PointerEvent) => {
    if (event.pointerId === down.pointerId) act(event);
  };
  const follow = mine(({ clientX, clientY }) => {
    const target = placeAt(list, clientX, clientY);
    if (target !== undefined && target !== item) moveTo(list, item, target);
  });
  const drop = mine(() => {
    end.abort();
    item.classList.remove('dragged');
    finish();
  });
  addEventListener('pointermove', follow, { signal });
  addEventListener('pointerup', drop, { signal });
  addEventListener('pointercancel', drop, { signal });
}

/** The tile whose place contains a point of the window. A tile that slides there counts where it will be. */
function placeAt(list: HTMLElement, clientX: number, clientY: number): HTMLElement | undefined {
  const { left, top } = list.getBoundingClientRect();
  const [x, y] = [clientX - left, clientY - top];
  return findAll(':scope > li', list).find((each) => {
    const { offsetLeft, offsetTop, offsetWidth, offsetHeight } = each;
    return x >= offsetLeft && x < offsetLeft + offsetWidth && y >= offsetTop && y < offsetTop + offsetHeight;
  });
}

/**
 * Gives a tile the place of another one. The others move in the document, not the tile itself, which would lose the
 * focus and the pointer.
 */
function moveTo(list: HTMLElement, item: HTMLElement, target: HTMLElement): void {
  const items = findAll(':scope > li', list);
  const [from, to] = [items.indexOf(item), items.indexOf(target)];
  const places = items.map((each) => ({ each, box: each.getBoundingClientRect() }));
  if (to > from) for (const each of items.slice(from + 1, to + 1)) item.before(each);
  else item.after(...items.slice(to, from));
  for (const { each, box } of places) slide(each, box);
  const camera = find('.chip-name', item)?.textContent ?? '';
  announce(m.grid_position({ camera, place: to + 1, count: items.length }));
}

function slide(element: HTMLElement, from: DOMRect): void {
  const now = element.getBoundingClientRect();
  const [x, y] = [from.left - now.left, from.top - now.top];
  if (!mayMove() || (x === 0 && y === 0)) return;
  element.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: 'none' }], {
    duration: 180,
    easing: 'cubic-bezier(.2, .7, .2, 1)',
  });
}
