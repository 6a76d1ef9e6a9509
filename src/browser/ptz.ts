// Moves the camera while a button of the pad is held, or a key while the pad has the focus. Loaded for cameras that can be
// moved only; the page's script gives it what it uses. The pad may be rendered again, so the document listens.
import { oneStep, type PtzDirection, ptzDirections } from '../domain/cameras/ptz.ts';
import type { askApi } from './lib/post.ts';

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

/** Makes the pad of this page work, whenever it is there. */
export function movePtz(page: Page): void {
  given ??= page;
}

document.addEventListener('pointerdown', (event) => {
  const button = buttonAt(event);
  if (button?.name !== 'move' || event.button !== 0) return;
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
  else if (event.detail === 0) void send({ ...ptzDirections[button.value as PtzDirection], milliseconds: oneStep });
});

document.addEventListener('keydown', (event) => {
  const direction = keys[event.key];
  if (direction === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  const pad = event.target instanceof Element ? event.target.closest('#ptz') : null;
  if (pad?.querySelector(`[value=${direction}]`) == null) return;
  event.preventDefault();
  if (event.repeat) return;
  byKey = true;
  hold(direction);
});

function buttonAt({ target }: Event): HTMLButtonElement | null {
  return target instanceof Element ? target.closest<HTMLButtonElement>('#ptz button') : null;
}

/** Begins to move the camera, or stops it. */
function hold(direction: PtzDirection | null): void {
  if (held === direction) return;
  held = direction;
  wake();
  if (!isMoving && direction !== null) void move();
}

async function move(): Promise<void> {
  isMoving = true;
  for (let at = held; at !== null; at = held) {
    if (!(await send(ptzDirections[at]))) held = null;
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
  const camera = document.querySelector<HTMLElement>('#ptz')?.dataset.camera ?? '';
  const result = await given?.askApi('POST', `/api/cameras/${encodeURIComponent(camera)}/ptz`, movement);
  if (result?.ok === false) given?.fail(result.problem.message);
  return result?.ok === true;
}
