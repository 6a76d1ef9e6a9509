import { find, findAll } from './dom.ts';
import { listenForKeys } from './keyboard.ts';
import { pageData } from './page-data.ts';
import { type Placement, whole, within, zoomAt } from './zoom.ts';

const swipePx = 60;
const doubleTapZoom = 2.5;

/** Upgrades the page of one photo: keys, swipes, zoom, and neighbours that are there before one asks. */
export function upgradeViewer(): void {
  const frame = find('#viewer');
  const picture = find<HTMLImageElement>('#large');
  if (frame === null || picture === null) return;
  for (const step of findAll<HTMLAnchorElement>('#newer, #older')) step.addEventListener('click', replacePage);
  const go = (selector: string) => find<HTMLAnchorElement>(selector)?.click();
  const zoom = new Zoom(frame, picture, (by) => go(by < 0 ? '#newer' : '#older'));
  listenForKeys({
    ArrowLeft: () => go('#newer'),
    ArrowRight: () => go('#older'),
    Escape: () => (zoom.zoomed ? zoom.set(whole) : go('#back')),
    Delete: () => find<HTMLFormElement>('#delete-photo')?.requestSubmit(),
    '+': () => zoom.by(1.5),
    '-': () => zoom.by(1 / 1.5),
    '0': () => zoom.set(whole),
  });
  const neighbours = pageData<{ readonly newer: string | null; readonly older: string | null }>();
  picture.decode().then(
    () => [neighbours?.older, neighbours?.newer].forEach((id) => id && preload(id)),
    () => undefined,
  );
}

/** Back leads to where one came from, not through every photo that one has looked at. */
function replacePage(this: HTMLAnchorElement, event: MouseEvent): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  location.replace(this.href);
}

function preload(id: string): void {
  new Image().src = `/photos/${encodeURIComponent(id)}/file`;
}

/** Zoom by wheel, pinch, double click and keys; a swipe at full view goes to the neighbour. */
class Zoom {
  readonly #frame: HTMLElement;
  readonly #picture: HTMLElement;
  readonly #swiped: (by: 1 | -1) => void;
  readonly #fingers = new Map<number, { x: number; y: number }>();
  #at: Placement = whole;
  #start: { x: number; y: number } | null = null;

  constructor(frame: HTMLElement, picture: HTMLElement, swiped: (by: 1 | -1) => void) {
    this.#frame = frame;
    this.#picture = picture;
    this.#swiped = swiped;
    picture.draggable = false;
    frame.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    frame.addEventListener('dblclick', (event) => {
      if (onLink(event)) return;
      this.set(this.zoomed ? whole : zoomAt(whole, doubleTapZoom, this.#point(event)));
    });
    frame.addEventListener('pointerdown', (event) => this.#down(event));
    frame.addEventListener('pointermove', (event) => this.#move(event));
    frame.addEventListener('pointerup', (event) => this.#up(event));
    frame.addEventListener('pointercancel', (event) => this.#end(event));
  }

  get zoomed(): boolean {
    return this.#at.scale > 1;
  }

  /** Scales about the middle. */
  by(factor: number): void {
    this.set(zoomAt(this.#at, factor, { x: 0, y: 0 }));
  }

  set(to: Placement): void {
    const box = this.#frame.getBoundingClientRect();
    this.#at = within(to, box);
    this.#picture.style.transform = this.zoomed
      ? `translate(${this.#at.x}px, ${this.#at.y}px) scale(${this.#at.scale})`
      : '';
    this.#frame.classList.toggle('zoomed', this.zoomed);
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    this.set(zoomAt(this.#at, Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002)), this.#point(event)));
  }

  #down(event: PointerEvent): void {
    if (onLink(event) || event.button !== 0) return;
    this.#frame.setPointerCapture(event.pointerId);
    this.#frame.classList.add('dragging');
    this.#fingers.set(event.pointerId, this.#point(event));
    if (this.#fingers.size === 1) this.#start = this.#point(event);
    else this.#start = null;
  }

  #move(event: PointerEvent): void {
    const before = this.#fingers.get(event.pointerId);
    if (before === undefined) return;
    const now = this.#point(event);
    const other = [...this.#fingers].find(([id]) => id !== event.pointerId)?.[1];
    this.#fingers.set(event.pointerId, now);
    if (other !== undefined) {
      const apart = (a: { x: number; y: number }) => Math.hypot(a.x - other.x, a.y - other.y) || 1;
      const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
      this.set(zoomAt(this.#at, apart(now) / apart(before), middle));
    } else if (this.zoomed) {
      this.set({ ...this.#at, x: this.#at.x + now.x - before.x, y: this.#at.y + now.y - before.y });
    }
  }

  #up(event: PointerEvent): void {
    const start = this.#start;
    const end = this.#point(event);
    const single = this.#fingers.size === 1 && this.#fingers.has(event.pointerId);
    this.#end(event);
    if (!single || start === null || this.zoomed || event.pointerType === 'mouse') return;
    const [dx, dy] = [end.x - start.x, end.y - start.y];
    if (Math.abs(dx) > swipePx && Math.abs(dx) > 2 * Math.abs(dy)) this.#swiped(dx > 0 ? -1 : 1);
  }

  #end(event: PointerEvent): void {
    this.#fingers.delete(event.pointerId);
    if (this.#fingers.size === 0) this.#frame.classList.remove('dragging');
  }

  /** From the frame's middle, in pixels. */
  #point(event: MouseEvent): { x: number; y: number } {
    const box = this.#frame.getBoundingClientRect();
    return { x: event.clientX - box.left - box.width / 2, y: event.clientY - box.top - box.height / 2 };
  }
}

function onLink(event: Event): boolean {
  return event.target instanceof Element && event.target.closest('a, button') !== null;
}
