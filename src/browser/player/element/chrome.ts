import { m } from '#messages';
import type { ViewState } from '../../../text/view-state.ts';
import { statTexts, statsLine } from '../stats-text.ts';
import { canFloat } from '../picture-in-picture.ts';
import { videoTransports, type Pinned } from '../../transports/transport-choice.ts';
import { transportKinds } from '../../transports/transport-kinds.ts';
import chromeCss from './chrome.css?inline';
import { type IconName, icon } from './icons.ts';
import type { LivePlayer } from '../live-player.ts';
import type { PlayerAttributes } from './player-attributes.ts';
import { element, type PlayerParts, styleSheet } from './shadow.ts';

const labels = {
  transport: m.player_transport,
  codec: m.player_codec,
  size: m.player_size,
  fps: m.player_rate,
  age: m.player_latency,
  bitrate: m.player_bitrate,
  drops: m.player_dropped,
} as const;
const actions: Partial<Record<NonNullable<ViewState['action']>, () => string>> = {
  start: m.player_start,
  retry: m.common_try_now,
  reconnect: m.common_try_now,
};
/** Names of transports that are the same in every language. */
const transportNames: Readonly<Partial<Record<Pinned, string>>> = { webrtc: 'WebRTC', h264: 'H.264', jpeg: 'JPEG' };
const noteMs = 6_000;

let sheet: CSSStyleSheet | undefined;

/** The element that the controls act on. */
interface ChromeHost extends PlayerAttributes {
  readonly state: ViewState | null;
  readonly heard: boolean;
  readonly player: LivePlayer | null;
  start(): void;
  tryNow(): void;
  snapshot(): Promise<Blob | null>;
  togglePictureInPicture(): Promise<void>;
  zoomKey(key: string): boolean;
}

/** The player's own texts, state and controls, for pages that do not fill its slots. */
export class PlayerChrome {
  readonly #host: ChromeHost;
  readonly #parts: PlayerParts;
  readonly #heading = element('b');
  readonly #text = element('p');
  readonly #act = element('button', { type: 'button' });
  readonly #words = element('div', { className: 'words', hidden: true }, this.#heading, this.#text, this.#act);
  readonly #dot = element('i', { className: 'dot' });
  readonly #word = element('span');
  readonly #more = element('span', { className: 'more' });
  readonly #stats = new Map<keyof typeof labels, HTMLElement>();
  readonly #pin = element('select', { ariaLabel: m.player_preferred() });
  readonly #status = this.#buildStatus();
  readonly #toggle = this.#button('play', m.player_start_key(), () => (this.#host.paused = !this.#host.paused));
  readonly #mute = this.#button('volumeX', m.player_unmute_key(), () => (this.#host.muted = !this.#host.muted));
  readonly #still = this.#button('camera', m.player_snapshot_key(), () => void this.#save());
  readonly #float = this.#button('float', m.player_float_key(), () => this.#toggleFloat());
  readonly #bar: HTMLElement;

  constructor(host: ChromeHost, parts: PlayerParts) {
    this.#host = host;
    this.#parts = parts;
    sheet ??= styleSheet(chromeCss);
    parts.root.adoptedStyleSheets.push(sheet);
    const full = this.#button('maximize', m.player_full_key(), () => this.#fullScreen());
    this.#bar = element('div', { className: 'bar', role: 'group', ariaLabel: m.player_controls() });
    this.#bar.append(this.#toggle, this.#mute, this.#still, this.#float, full);
    for (const [name, part] of [
      ['words', this.#words],
      ['status', this.#status],
      ['controls', this.#bar],
    ] as const) {
      parts.root.querySelector(`slot[name=${name}]`)?.append(part);
    }
    this.#act.addEventListener('click', () => (host.paused ? host.start() : host.tryNow()));
    parts.root.addEventListener('keydown', (event) => this.#key(event as KeyboardEvent));
    parts.frame.setAttribute('role', 'group');
    host.addEventListener('floatlost', () => this.#note(m.player_float_lost()));
  }

  /** Shows the current state. */
  render(): void {
    const { state, controls } = this.#host;
    if (state === null) return;
    this.#parts.frame.setAttribute(
      'aria-label',
      this.#host.getAttribute('label') ?? this.#host.player?.camera?.name ?? this.#host.camera,
    );
    this.#parts.frame.tabIndex = controls ? 0 : -1;
    this.#renderWords(state, controls);
    // The text over the video has its own button.
    const hidden = !controls || state.heading !== null;
    this.#status.hidden = hidden;
    this.#bar.hidden = hidden;
    if (!hidden) this.#renderControls(state);
  }

  #renderWords(state: ViewState, controls: boolean): void {
    this.#words.hidden = state.heading === null && state.kind !== 'starting';
    setText(this.#heading, state.heading ?? state.word);
    setText(this.#text, state.text);
    const action = state.action === null ? undefined : actions[state.action];
    this.#act.hidden = action === undefined || (state.action === 'start' && !controls);
    setText(this.#act, action?.() ?? '');
  }

  #renderControls(state: ViewState): void {
    const { player, paused, muted, heard } = this.#host;
    this.#dot.dataset.tone = state.tone;
    setText(this.#word, state.word);
    setText(this.#more, state.kind === 'live' && player !== null ? statsLine(player) : state.more);
    setButton(this.#toggle, paused ? 'play' : 'square', paused ? m.player_start_key() : m.player_stop_key());
    setButton(this.#mute, muted ? 'volumeX' : 'volume', muted ? m.player_unmute_key() : m.player_mute_key());
    this.#mute.hidden = !heard;
    this.#still.disabled = state.kind !== 'live';
    this.#float.hidden = !canFloat();
    this.#pin.value = this.#host.transport;
    if (!this.#status.open || player === null) return;
    const texts = statTexts(player);
    for (const [name, place] of this.#stats) setText(place, texts[name]);
  }

  #buildStatus(): HTMLDetailsElement {
    const list = element('dl');
    for (const [name, label] of Object.entries(labels)) {
      const place = element('dd');
      this.#stats.set(name as keyof typeof labels, place);
      list.append(element('dt', {}, label()), place);
    }
    const kinds = videoTransports.filter((name) => transportKinds[name].supported());
    for (const value of ['auto', ...kinds, 'jpeg'] as const) {
      this.#pin.append(element('option', { value, text: transportNames[value] ?? m.player_automatic() }));
    }
    this.#pin.addEventListener('change', () => (this.#host.transport = this.#pin.value as Pinned));
    list.append(element('dt', {}, m.player_prefer()), element('dd', {}, this.#pin));
    const summary = element('summary', { title: m.player_info() }, this.#dot, this.#word, this.#more);
    const status = element('details', { className: 'status' }, summary, list);
    status.addEventListener('toggle', () => this.render());
    return status;
  }

  #button(name: IconName, label: string, act: () => void): HTMLButtonElement {
    const button = element('button', { type: 'button' });
    setButton(button, name, label);
    button.addEventListener('click', () => {
      act();
      this.render();
    });
    return button;
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !this.#host.controls) return;
    // A key that already has a meaning keeps it.
    const target = event.target instanceof Element ? event.target : null;
    if (target?.matches('select') || (event.key === ' ' && target?.matches('button, summary'))) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (!this.#host.zoomKey(key) && !this.#do(key)) return;
    event.preventDefault();
    this.render();
  }

  #do(key: string): boolean {
    const host = this.#host;
    if (key === ' ') host.paused = !host.paused;
    else if (key === 'f') this.#fullScreen();
    else if (key === 's') void this.#save();
    else if (key === 'p' && canFloat()) this.#toggleFloat();
    else if (key === 'm' && host.heard) host.muted = !host.muted;
    else return false;
    return true;
  }

  #toggleFloat(): void {
    this.#host.togglePictureInPicture().catch(() => this.#note(m.player_float_failed()));
  }

  #fullScreen(): void {
    if (document.fullscreenElement !== null) void document.exitFullscreen();
    else if (document.fullscreenEnabled) {
      void this.#host.requestFullscreen().catch(() => this.#note(m.player_full_refused()));
    } else this.#fullScreenElsewhere();
  }

  /** iPhones allow full screen only for a video. */
  #fullScreenElsewhere(): void {
    const video = this.#host.player?.display.element as { webkitEnterFullscreen?(): void } | undefined;
    if (video?.webkitEnterFullscreen !== undefined) video.webkitEnterFullscreen();
    else this.#host.toggleAttribute('data-filling');
  }

  async #save(): Promise<void> {
    const picture = await this.#host.snapshot();
    if (picture === null) return;
    const href = URL.createObjectURL(picture);
    const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
    element('a', { href, download: `${this.#host.camera} ${time}.jpg` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 10_000);
  }

  #note(text: string): void {
    const note = element('div', { className: 'note', role: 'status' }, text);
    this.#parts.root.append(note);
    setTimeout(() => note.remove(), noteMs);
  }
}

function setText(place: Element, text: string): void {
  if (place.textContent !== text) place.textContent = text;
}

function setButton(button: HTMLButtonElement, name: IconName, label: string): void {
  if (button.title === label) return;
  button.title = label;
  button.ariaLabel = label;
  button.replaceChildren(icon(name));
}
