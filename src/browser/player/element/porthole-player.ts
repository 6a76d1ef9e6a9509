import { m } from '#messages';
import type { Problem } from '../../../domain/errors.ts';
import type { ViewState } from '../../../text/view-state.ts';
import { cameraHasAudio } from '../../transports/video-transport.ts';
import { findAll } from '../../lib/dom.ts';
import { stopLoading } from '../mjpeg-image.ts';
import { LivePlayer } from '../live-player.ts';
import { canFloat, FloatingPicture } from '../picture-in-picture.ts';
import { shareConnection, type SharedConnection } from '../../connection/shared-connection.ts';
import type { Transport } from '../../transports/transport-choice.ts';
import { dataSaver } from '../../../domain/users/data-saver.ts';
import { savesData } from '../../lib/data-saver.ts';
import { wantedWidth } from '../wanted-width.ts';
import type { PlayerChrome } from './chrome.ts';
import { followSize } from './follow-size.ts';
import { PlayerAttributes, playerProperties } from './player-attributes.ts';
import { type PlayerStats, playerStats } from './player-stats.ts';
import { buildShadow, type PlayerParts } from './shadow.ts';
import { PlayerZoom } from '../zoom/player-zoom.ts';

/** The parts of a player that exist while its element is in a document. */
interface ActivePlayer {
  readonly shared: SharedConnection;
  readonly player: LivePlayer;
  readonly floating: FloatingPicture;
  readonly forgetSize: () => void;
}

/**
 * `<porthole-player camera="front-door">`: one camera, live. Attributes, properties and events are described in
 * docs/embedding.md. Porthole's own pages use it too and fill its slots with their own texts and controls.
 */
export class PortholePlayer extends PlayerAttributes {
  static readonly observedAttributes = [...playerProperties, 'max-width'];
  readonly #parts: PlayerParts = buildShadow(this);
  readonly #zoom: PlayerZoom;
  #active: ActivePlayer | null = null;
  /** False until the element has all attributes that its page was written with. */
  #isComplete = false;
  #chrome: PlayerChrome | null = null;
  #lastState = '';
  #lastTransport = '';

  constructor() {
    super();
    this.#zoom = new PlayerZoom({
      parts: this.#parts,
      player: () => this.player,
      fills: () => this.hasAttribute('data-fill'),
      mayZoom: () => !this.hasAttribute('no-zoom'),
      swiped: (by) => this.#emit('swipe', { by }),
      settled: () => this.player?.resized(),
    });
  }

  /** The state to show to the viewer; null while the element is not in a document. */
  get state(): ViewState | null {
    return this.player?.state ?? null;
  }

  /** The current stats; null while the element is not in a document. */
  get stats(): PlayerStats | null {
    return this.player === null ? null : playerStats(this.player);
  }

  /** The documented name of {@link stats}, kept for existing pages. */
  get figures(): PlayerStats | null {
    return this.stats;
  }

  /** The transport in use. */
  get currentTransport(): Transport | 'mjpeg' {
    return this.player?.transport ?? 'jpeg';
  }

  /** True if the camera has audio. */
  get heard(): boolean {
    return cameraHasAudio(this.player?.camera);
  }

  /** True while zoomed in. */
  get zoomed(): boolean {
    return this.#zoom.zoomed;
  }

  /** True in picture in picture. */
  get floats(): boolean {
    return this.#active?.floating.floats ?? false;
  }

  /** The player behind the element; for Porthole's own pages. */
  get player(): LivePlayer | null {
    return this.#active?.player ?? null;
  }

  /** Starts the stream. */
  start(): void {
    this.paused = false;
  }

  /** Stops the stream; the last frame stays, blurred. */
  stop(): void {
    this.paused = true;
  }

  /** Retries at once instead of waiting for the next try. */
  tryNow(): void {
    this.player?.tryNow();
  }

  /** The frame on the screen as JPEG; null before the first one. */
  async snapshot(): Promise<Blob | null> {
    const display = this.player?.display;
    if (display?.hasFrame !== true) return null;
    const copy = document.createElement('canvas');
    Object.assign(copy, display.size);
    copy.getContext('2d')?.drawImage(display.element, 0, 0);
    return new Promise((resolve) => copy.toBlob(resolve, 'image/jpeg', 0.95));
  }

  /** Starts or ends picture in picture. */
  async togglePictureInPicture(): Promise<void> {
    if (!canFloat()) throw new DOMException(m.player_float_unsupported(), 'NotSupportedError');
    await this.#active?.floating.toggle();
  }

  /** Zooms (`+`, `-`, `0`) or, while zoomed in, pans (arrow keys). @returns true if the key did something */
  zoomKey(key: string): boolean {
    return this.#zoom.key(key);
  }

  connectedCallback(): void {
    this.#isComplete = true;
    this.adoptProperties();
    if (this.#active === null) this.#open();
  }

  disconnectedCallback(): void {
    // An element that is only moved is connected again by then and keeps playing.
    queueMicrotask(() => this.isConnected || this.#close());
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    const player = this.player;
    if (before === now || !this.#isComplete) return;
    // The element had no camera until now.
    if (player === null) {
      if (this.isConnected) this.#open();
    } else if (name === 'paused') this.#follow(player);
    else if (name === 'transport') player.pin(this.transport);
    else if (name === 'width' || name === 'max-width') player.resized();
    else if (name === 'muted') player.display.setMuted(this.muted);
    else if (name === 'controls' || name === 'label') void this.#loadChrome();
    else this.#reopen();
  }

  #open(): void {
    if (this.camera === '') return;
    const { picture } = this.#parts;
    const shared = shareConnection({ server: this.server, token: this.token });
    const floating: FloatingPicture = new FloatingPicture({
      element: () => player.display.element,
      place: picture,
      changed: (floats) => {
        player.floats = floats;
        this.#emit('floatchange', { floats });
      },
      lost: () => this.#emit('floatlost', {}),
    });
    const player: LivePlayer = new LivePlayer({
      connection: shared.connection,
      camera: this.camera,
      label: m.live_alt({ name: this.getAttribute('label') ?? this.camera }),
      place: picture,
      pinned: this.transport,
      muted: this.muted,
      width: () => this.#wantedWidth(),
      events: {
        updated: () => this.#update(),
        drawn: () => this.#onDrawn(),
        painted: () => floating.drawn(),
        swapped: () => floating.swap(),
      },
    });
    const forgetSize = followSize(this, () => this.width === 'auto' && player.resized());
    this.#active = { shared, player, floating, forgetSize };
    void this.#loadChrome();
    this.#follow(player);
  }

  #close(): void {
    const active = this.#active;
    if (active === null) return;
    this.#active = null;
    active.forgetSize();
    active.floating.close();
    active.player.close();
    active.shared.release();
    this.#zoom.reset();
    this.#parts.picture.replaceChildren();
    this.removeAttribute('data-picture');
    this.#lastState = '';
  }

  #reopen(): void {
    this.#close();
    this.#open();
  }

  #follow(player: LivePlayer): void {
    if (this.paused) player.stop();
    else player.start();
  }

  #wantedWidth(): number | 'source' {
    const size = (text: string | null) => (Number(text) > 0 ? Number(text) : 'source');
    return wantedWidth({
      chosen: this.width === 'auto' ? 'auto' : size(this.width),
      most: size(this.getAttribute('max-width')),
      element: { width: this.clientWidth, height: this.clientHeight },
      density: devicePixelRatio,
      scale: this.#zoom.scale,
      source: this.player?.camera?.size ?? null,
      saver: savesData() ? dataSaver.width : undefined,
    });
  }

  /** The first frame: what the server rendered in its place is removed. */
  #onDrawn(): void {
    this.toggleAttribute('data-picture', true);
    for (const image of findAll<HTMLImageElement>('img.feed', this)) stopLoading(image);
  }

  #update(): void {
    const player = this.player;
    if (player === null) return;
    const { state, transport } = player;
    if (this.dataset.state !== state.kind) this.dataset.state = state.kind;
    const last = JSON.stringify(state);
    if (last !== this.#lastState) {
      this.#lastState = last;
      this.#emit('statechange', state);
      if (state.kind === 'failed' || state.kind === 'refused') this.#emit('error', problemOf(player, state));
    }
    if (transport !== this.#lastTransport) {
      this.#lastTransport = transport;
      this.#emit('transportchange', { transport });
    }
    this.#emit('figures', playerStats(player));
    this.#chrome?.render();
  }

  /** Loads the element's own texts and controls, unless the page fills the slots. */
  async #loadChrome(): Promise<void> {
    if (this.querySelector(':scope > [slot=words]') !== null) return;
    const { PlayerChrome } = await import('./chrome.ts');
    this.#chrome ??= new PlayerChrome(this, this.#parts);
    this.#chrome.render();
  }

  #emit(name: string, detail: object): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** Makes `<porthole-player>` known to the page, once. */
export function definePlayer(): void {
  if (customElements.get('porthole-player') === undefined) customElements.define('porthole-player', PortholePlayer);
}

function problemOf(player: LivePlayer, state: ViewState): Pick<Problem, 'message'> & { readonly code: string } {
  const problem = player.problem?.problem;
  return { code: problem?.code ?? state.kind, message: problem?.message ?? state.text };
}
