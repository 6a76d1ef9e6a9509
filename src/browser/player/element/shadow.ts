import playerCss from './player.css?inline';

/** The parts of a player that everybody's page has. */
export interface PlayerParts {
  readonly root: ShadowRoot;
  /** What is touched. */
  readonly frame: HTMLElement;
  /** Where canvas and videos are put; what zoom moves. */
  readonly picture: HTMLElement;
  /** Tells the scale, and gives the whole picture back. */
  readonly scale: HTMLButtonElement;
}

let sheet: CSSStyleSheet | undefined;

/** Builds a player's insides. Pages put what belongs to them into the slots `words`, `status` and `controls`. */
export function buildShadow(host: HTMLElement): PlayerParts {
  const root = host.attachShadow({ mode: 'open' });
  // A sheet that is made by script is no inline style: strict policies of pages allow it.
  sheet ??= styleSheet(playerCss);
  root.adoptedStyleSheets = [sheet];
  const frame = element('div', { className: 'frame', part: 'frame' });
  const picture = element('div', { className: 'picture', part: 'picture' });
  const scale = element('button', { className: 'scale', type: 'button', hidden: true, title: 'Reset zoom (0)' });
  frame.append(element('slot'), picture);
  root.append(frame, slot('words'), slot('status'), slot('controls'), scale);
  return { root, frame, picture, scale };
}

/** A style sheet of this text. */
export function styleSheet(css: string): CSSStyleSheet {
  const made = new CSSStyleSheet();
  made.replaceSync(css);
  return made;
}

/** A new element with these properties; `part` names it for the page's own styles. */
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
