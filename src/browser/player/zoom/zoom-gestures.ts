import { type Placement, type Size, wheelFactor, whole, within, zoomAt } from './zoom.ts';

/** Options of {@link ZoomGestures}. */
export interface ZoomOptions {
  /** The element that receives gestures; it contains the image. */
  readonly frame: HTMLElement;
  /** The size of the unscaled image in the frame (px); by default that of the frame. */
  readonly content?: (frame: Size) => Size;
  /** False to ignore gestures. */
  readonly enabled?: () => boolean;
  /** True if the page around the image scrolls: the wheel then zooms only when the page cannot scroll. */
  readonly inPage?: boolean;
  /** Applies a placement; `smooth` asks for an animation. */
  readonly apply: (at: Placement, smooth: boolean) => void;
  /** A swipe over the image that is not zoomed: 1 to the left, -1 to the right. */
  readonly swiped?: (by: 1 | -1) => void;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

const doubleScale = 2.5;
const swipePx = 60;
/** Limits of a double tap: milliseconds and pixels between two taps. */
const doubleTap = { ms: 320, px: 36 } as const;
/** A pause of this length ends a wheel movement (ms). */
const wheelRestMs = 250;
const tapPx = 10;

/** Zooms and pans an image by wheel, pinch, drag, double click and double tap. */
export class ZoomGestures {
  readonly #options: ZoomOptions;
  readonly #end = new AbortController();
  readonly #fingers = new Map<number, Point>();
  #at: Placement = whole;
  /** Where a single finger touched, while it may still be a tap or a swipe. */
  #downAt: Point | null = null;
  #tap: { readonly at: number; readonly point: Point } | null = null;
  #touched = false;
  #wheeledAt = -Infinity;
  #wheelIsOurs = false;

  constructor(options: ZoomOptions) {
    this.#options = options;
    const { frame } = options;
    const { signal } = this.#end;
    frame.addEventListener('wheel', (event) => this.#wheel(event), { passive: false, signal });
    frame.addEventListener('dblclick', (event) => !this.#touched && this.#toggle(event), { signal });
    frame.addEventListener('pointerdown', (event) => this.#down(event), { signal });
    frame.addEventListener('pointermove', (event) => this.#move(event), { signal });
    frame.addEventListener('pointerup', (event) => this.#up(event), { signal });
    frame.addEventListener('pointercancel', (event) => this.#cancel(event), { signal });
  }

  /** True while zoomed in. */
  get zoomed(): boolean {
    return this.#at.scale > 1;
  }

  /** The current placement. */
  get at(): Placement {
    return this.#at;
  }

  /** Zooms around the centre. */
  by(factor: number): void {
    if (this.#enabled) this.set(zoomAt(this.#at, factor, { x: 0, y: 0 }), true);
  }

  /** Pans by parts of the frame: `pan(1, 0)` moves one frame width to the right. */
  pan(x: number, y: number): void {
    const { width, height } = this.#frame();
    this.set({ ...this.#at, x: this.#at.x - x * width, y: this.#at.y - y * height }, true);
  }

  /** Sets the placement within its limits. Without arguments applies the limits again, after a resize. */
  set(to: Placement = this.#at, smooth = false): void {
    const frame = this.#frame();
    this.#at = within(to, frame, this.#options.content?.(frame) ?? frame);
    this.#options.frame.classList.toggle('zoomed', this.zoomed);
    this.#options.apply(this.#at, smooth);
  }

  /** Removes all listeners. Idempotent. */
  close(): void {
    this.#end.abort();
  }

  get #enabled(): boolean {
    return this.#options.enabled?.() ?? true;
  }

  #frame(): Size {
    const { width, height } = this.#options.frame.getBoundingClientRect();
    return { width, height };
  }

  #wheel(event: WheelEvent): void {
    const now = performance.now();
    const begins = now - this.#wheeledAt > wheelRestMs;
    this.#wheeledAt = now;
    // One wheel movement either scrolls or zooms, even if it reaches a limit on the way.
    if (begins) this.#wheelIsOurs = this.#enabled && this.#takesWheel(event);
    if (!this.#wheelIsOurs) return;
    event.preventDefault();
    this.set(zoomAt(this.#at, wheelFactor(event), this.#point(event)));
  }

  #takesWheel(event: WheelEvent): boolean {
    if (event.ctrlKey || event.metaKey || this.zoomed || this.#options.inPage !== true) return true;
    return event.deltaY < 0 && !scrolls(this.#options.frame, event.deltaY);
  }

  #toggle(event: MouseEvent): void {
    if (onControl(event) || !this.#enabled) return;
    event.preventDefault();
    this.set(this.zoomed ? whole : zoomAt(whole, doubleScale, this.#point(event)), true);
  }

  #down(event: PointerEvent): void {
    this.#touched = event.pointerType !== 'mouse';
    if (event.button !== 0 || onControl(event) || !this.#enabled) return;
    const point = this.#point(event);
    this.#fingers.set(event.pointerId, point);
    this.#downAt = this.#fingers.size === 1 ? point : null;
    if (this.zoomed || this.#fingers.size > 1) this.#hold(event);
  }

  /** Captures the pointer, to follow it outside the frame. */
  #hold(event: PointerEvent): void {
    this.#options.frame.setPointerCapture(event.pointerId);
    this.#options.frame.classList.add('dragging');
  }

  #move(event: PointerEvent): void {
    const before = this.#fingers.get(event.pointerId);
    if (before === undefined) return;
    const now = this.#point(event);
    const other = [...this.#fingers].find(([id]) => id !== event.pointerId)?.[1];
    this.#fingers.set(event.pointerId, now);
    if (other !== undefined) {
      const apart = (a: Point) => Math.hypot(a.x - other.x, a.y - other.y) || 1;
      const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
      const moved = { ...this.#at, x: this.#at.x + (now.x - before.x) / 2, y: this.#at.y + (now.y - before.y) / 2 };
      this.set(zoomAt(moved, apart(now) / apart(before), middle));
    } else if (this.zoomed) {
      this.set({ ...this.#at, x: this.#at.x + now.x - before.x, y: this.#at.y + now.y - before.y });
    }
  }

  #up(event: PointerEvent): void {
    const from = this.#downAt;
    const to = this.#point(event);
    const single = this.#fingers.size === 1 && this.#fingers.has(event.pointerId);
    this.#release(event);
    if (!single || from === null || event.pointerType === 'mouse') return;
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    if (Math.hypot(dx, dy) < tapPx) this.#tapped(event, to);
    else if (!this.zoomed && Math.abs(dx) > swipePx && Math.abs(dx) > 2 * Math.abs(dy)) {
      this.#options.swiped?.(dx > 0 ? -1 : 1);
    }
  }

  #tapped(event: PointerEvent, point: Point): void {
    const last = this.#tap;
    const near = last !== null && Math.hypot(last.point.x - point.x, last.point.y - point.y) < doubleTap.px;
    const isSecond = near && event.timeStamp - last.at < doubleTap.ms;
    this.#tap = isSecond ? null : { at: event.timeStamp, point };
    if (isSecond) this.#toggle(event);
  }

  #cancel(event: PointerEvent): void {
    this.#downAt = null;
    this.#release(event);
  }

  #release(event: PointerEvent): void {
    this.#fingers.delete(event.pointerId);
    if (this.#fingers.size === 0) this.#options.frame.classList.remove('dragging');
  }

  /** Position from the frame's centre (px). */
  #point(event: MouseEvent): Point {
    const box = this.#options.frame.getBoundingClientRect();
    return { x: event.clientX - box.left - box.width / 2, y: event.clientY - box.top - box.height / 2 };
  }
}

/** True if the event hit a button or link over the image. */
function onControl(event: Event): boolean {
  const path = event.composedPath();
  const frame = path.indexOf(event.currentTarget as EventTarget);
  return path.slice(0, frame === -1 ? undefined : frame).some((each) => {
    return each instanceof Element && each.matches('a, button, summary, select, label');
  });
}

/** True if the page, or a scrollable ancestor, can still scroll in that direction. */
function scrolls(element: Element, deltaY: number): boolean {
  let each: Element | null = element;
  while (each !== null) {
    const root: Node = each.getRootNode();
    const { scrollTop, scrollHeight, clientHeight } = each;
    const room = deltaY < 0 ? scrollTop : scrollHeight - clientHeight - scrollTop;
    const isPage = each === document.scrollingElement;
    if (room > 1 && (isPage || /auto|scroll/.test(getComputedStyle(each).overflowY))) return true;
    each = each.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
  }
  return false;
}
