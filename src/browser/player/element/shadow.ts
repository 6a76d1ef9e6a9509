import { m } from '#messages';
import playerCss from './player.css?inline';

/** The parts of a player's shadow tree. */
export interface PlayerParts {
  readonly root: ShadowRoot;
  /** The element that receives gestures. */
  readonly frame: HTMLElement;
  /** Parent of the canvas and the videos; zoom transforms it. */
  readonly picture: HTMLElement;
  /** Shows the zoom factor and resets it. */
  readonly scale: HTMLButtonElement;
}

let sheet: CSSStyleSheet | undefined;

/** Builds a player's shadow tree. Pages may fill its slots `words`, `status` and `controls`. */
export function buildShadow(host: HTMLElement): PlayerParts {
  const root = host.attachShadow({ mode: 'open' });
  // A constructed style sheet is allowed by a strict Content-Security-Policy.
  sheet ??= styleSheet(playerCss);
  root.adoptedStyleSheets = [sheet];
  const frame = element('div', { className: 'frame', part: 'frame' });
  const picture = element('div', { className: 'picture', part: 'picture' });
  const scale = element('button', { className: 'scale', type: 'button', hidden: true, title: m.player_reset_zoom() });
  frame.append(element('slot'), picture);
  root.append(frame, slot('words'), slot('status'), slot('controls'), scale);
  return { root, frame, picture, scale };
}

/** Creates a style sheet. */
export function styleSheet(css: string): CSSStyleSheet {
  const made = new CSSStyleSheet();
  made.replaceSync(css);
  return made;
}

/** Creates an element with these properties; `part` exposes it to the page's styles. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  { part, ...properties }: Partial<Omit<HTMLElementTagNameMap[K], 'part'>> & { readonly part?: string } = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(name), properties);
  if (part !== undefined) made.setAttribute('part', part);
  made.append(...children);
  return made;
}

function slot(name: string): HTMLSlotElement {
  return element('slot', { name });
}
