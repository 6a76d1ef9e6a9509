// Moves the camera while a button of a pad is held, or a key while a pad has the focus. Loaded for cameras that may be moved
// only; the page's script gives it what it uses. Pads come and go, so the document listens.
import { oneStep, type PtzDirection, ptzDirections } from '../domain/cameras/ptz.ts';
import type { askApi } from './lib/post.ts';
import { showPtzOver } from './ptz/ptz-over.ts';

/** How often a movement is repeated, in milliseconds: the server ends it after a second. */
const repeatEvery = 400;

const keys: Readonly<Record<string, PtzDirection>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
  '+': 'in',
  '=': 'in',
  '-': 'out',
};

/** What the page's script gives. */
interface Page {
  readonly askApi: typeof askApi;
  /** Says why the camera does not move. */
  readonly fail: (text: string) => void;
}

let given: Page | null = null;
let held: PtzDirection | null = null;
/** True if a key holds it, false for a pointer. */
let byKey = false;
let isMoving = false;
/** Ends the wait before the next repetition. */
let wake = (): void => undefined;

/** Makes the pads of this page work: the one over the video, and the one of the controls whenever it is there. */
export function movePtz(page: Page): void {
  if (given !== null) return;
  given = page;
  showPtzOver(page.askApi);
}

document.addEventListener('pointerdown', (event) => {
  const button = buttonAt(event);
  if (button?.name !== 'move' || event.button !== 0 || isUnseen(button)) return;
  button.setPointerCapture(event.pointerId);
  byKey = false;
  hold(button.value as PtzDirection);
});
for (const type of ['pointerup', 'pointercancel', 'lostpointercapture', 'visibilitychange']) {
  document.addEventListener(type, () => hold(null));
}
for (const type of ['keyup', 'focusout']) document.addEventListener(type, () => byKey && hold(null));
addEventListener('blur', () => hold(null));
document.addEventListener('contextmenu', (event) => buttonAt(event)?.name === 'move' && event.preventDefault());

document.addEventListener('click', (event) => {
  const button = buttonAt(event);
  if (button === null) return;
  event.preventDefault();
  if (button.name === 'preset') void send({ preset: button.value });
  // The pointer has moved it while it was held; keys and screen readers move it one step.
  else if (button.name === 'move' && event.detail === 0)
    void send({ ...ptzDirections[button.value as PtzDirection], milliseconds: oneStep });
  const menu = button.closest('details');
  if (menu !== null) menu.open = false;
  // The arrow keys go on where the pointer began.
  if (event.detail > 0) button.closest<HTMLElement>('.ptz-over')?.focus({ preventScroll: true });
  else menu?.querySelector('summary')?.focus();
});

document.addEventListener('keydown', (event) => {
  const direction = keys[event.key];
  if (direction === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  const pad = event.target instanceof Element && !event.target.closest('.sheet') ? event.target.closest('.ptz') : null;
  const button = pad?.querySelector<HTMLElement>(`[value=${direction}]`);
  // The camera cannot do it, or the pad is folded.
  if (button?.offsetParent == null) return;
  event.preventDefault();
  if (event.repeat) return;
  byKey = true;
  hold(direction);
});

function buttonAt({ target }: Event): HTMLButtonElement | null {
  return target instanceof Element ? target.closest<HTMLButtonElement>('.ptz button') : null;
}

/** True while the controls over the video are hidden, and a touch only shows them again. */
function isUnseen(button: HTMLElement): boolean {
  const over = button.closest('.ptz-over');
  return over !== null && getComputedStyle(over).opacity === '0';
}

/** Begins to move the camera, or stops it. */
function hold(direction: PtzDirection | null): void {
  if (held === direction) return;
  held = direction;
  for (const button of document.querySelectorAll<HTMLButtonElement>('.ptz [name=move]')) {
    button.toggleAttribute('data-held', button.value === direction);
  }
  wake();
  if (!isMoving && direction !== null) void move();
}

async function move(): Promise<void> {
  isMoving = true;
  for (let at = held; at !== null; at = held) {
    if (!(await send(ptzDirections[at]))) hold(null);
    if (held === at) {
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, repeatEvery);
      });
    }
  }
  await send({});
  isMoving = false;
  if (held !== null) void move();
}

async function send(movement: object): Promise<boolean> {
  const camera = document.querySelector<HTMLElement>('.ptz')?.dataset.camera ?? '';
  const result = await given?.askApi('POST', `/api/cameras/${encodeURIComponent(camera)}/ptz`, movement);
  if (result?.ok === false) given?.fail(result.problem.message);
  return result?.ok === true;
}
