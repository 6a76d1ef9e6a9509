import type { Problem } from '../../../domain/errors.ts';
import type { ViewState } from '../../../text/view-state.ts';
import { isHeard } from '../../transports/better-transport.ts';
import { findAll } from '../../lib/dom.ts';
import { letGo } from '../feed.ts';
import { LivePlayer } from '../live-player.ts';
import { canFloat, FloatingPicture } from '../picture-in-picture.ts';
import { shareConnection, type SharedConnection } from '../../transports/shared-connection.ts';
import type { Transport } from '../../transports/transport-choice.ts';
import { wantedWidth } from '../wanted-width.ts';
import type { PlayerChrome } from './chrome.ts';
import { followSize } from './follow-size.ts';
import { PlayerAttributes, playerProperties } from './player-attributes.ts';
import { type PlayerStats, playerStats } from './player-stats.ts';
import { buildShadow, type PlayerParts } from './shadow.ts';
import { ZoomedPicture } from './zoomed-picture.ts';

/** What one player is made of while it stands in a page. */
interface Insides {
  readonly shared: SharedConnection;
  readonly player: LivePlayer;
  readonly floating: FloatingPicture;
  readonly forgetSize: () => void;
}

/**
 * `<porthole-player camera="front-door">`: one camera, live. Attributes, properties and events are described in
 * docs/embedding.md; Porthole's own pages use it too, and put their own words and controls into its slots.
 */
export class PortholePlayer extends PlayerAttributes {
  static readonly observedAttributes = [...playerProperties, 'max-width'];
  readonly #parts: PlayerParts = buildShadow(this);
  readonly #zoom: ZoomedPicture;
  #insides: Insides | null = null;
  #chrome: PlayerChrome | null = null;
  #told = '';
  #toldTransport = '';

  constructor() {
    super();
    this.#zoom = new ZoomedPicture({
      parts: this.#parts,
      player: () => this.player,
      fills: () => this.hasAttribute('data-fill'),
      mayZoom: () => !this.hasAttribute('no-zoom'),
      swiped: (by) => this.#emit('swipe', { by }),
      settled: () => this.player?.resized(),
    });
  }

  /** What a person is told about the picture; null while the element is in no page. */
  get state(): ViewState | null {
    return this.player?.state ?? null;
  }

  /** What is measured now; null while the element is in no page. */
  get stats(): PlayerStats | null {
    return this.player === null ? null : playerStats(this.player);
  }

  /** Preferred transport now. */
  get currentTransport(): Transport | 'mjpeg' {
    return this.player?.transport ?? 'jpeg';
  }

  /** True if the camera has sound. */
  get heard(): boolean {
    return isHeard(this.player?.camera);
  }

  /** True while less than the whole picture is seen. */
  get zoomed(): boolean {
    return this.#zoom.zoomed;
  }

  /** True while the picture floats over other windows. */
  get floats(): boolean {
    return this.#insides?.floating.floats ?? false;
  }

  /** What plays; for Porthole's own pages. */
  get player(): LivePlayer | null {
    return this.#insides?.player ?? null;
  }

  /** Starts the picture. */
  start(): void {
    this.paused = false;
  }

  /** Stops it; the last picture stays, out of focus. */
  stop(): void {
    this.paused = true;
  }

  /** Does not wait for the next try. */
  tryNow(): void {
    this.player?.tryNow();
  }

  /** The picture that is shown, as JPEG; null when there is none. */
  async snapshot(): Promise<Blob | null> {
    const display = this.player?.display;
    if (display?.hasPicture !== true) return null;
    const copy = document.createElement('canvas');
    Object.assign(copy, display.size);
    copy.getContext('2d')?.drawImage(display.picture, 0, 0);
    return new Promise((resolve) => copy.toBlob(resolve, 'image/jpeg', 0.95));
  }

  /** Lets the picture float over other windows, or brings it back. */
  async togglePictureInPicture(): Promise<void> {
    if (!canFloat()) throw new DOMException('This browser lets no picture float.', 'NotSupportedError');
    await this.#insides?.floating.toggle();
  }

  /** What a key does to the picture itself: + - 0 zoom, arrows pan what is zoomed. @returns true if it did something */
  zoomKey(key: string): boolean {
    return this.#zoom.key(key);
  }

  connectedCallback(): void {
    this.adoptProperties();
    if (this.#insides === null) this.#open();
  }

  disconnectedCallback(): void {
    // One that is only moved is back by then, and goes on.
    queueMicrotask(() => this.isConnected || this.#close());
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    const player = this.player;
    if (before === now) return;
    // It had no camera until now.
    if (player === null) {
      if (this.isConnected) this.#open();
    } else if (name === 'paused') this.#follow(player);
    else if (name === 'transport') player.pin(this.transport);
    else if (name === 'width' || name === 'max-width') player.resized();
    else if (name === 'muted') player.display.setMuted(this.muted);
    else if (name === 'controls' || name === 'label') void this.#dress();
    else this.#reopen();
  }

  #open(): void {
    if (this.camera === '') return;
    const { picture } = this.#parts;
    const shared = shareConnection({ server: this.server, token: this.token });
    const floating: FloatingPicture = new FloatingPicture({
      picture: () => player.display.picture,
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
      label: `${this.getAttribute('label') ?? this.camera}, live`,
      place: picture,
      pinned: this.transport,
      muted: this.muted,
      width: () => this.#wantedWidth(),
      events: {
        updated: () => this.#update(),
        drawn: () => this.#drawn(),
        painted: () => floating.drawn(),
        swapped: () => floating.swap(),
      },
    });
    const forgetSize = followSize(this, () => this.width === 'auto' && player.resized());
    this.#insides = { shared, player, floating, forgetSize };
    void this.#dress();
    this.#follow(player);
  }

  #close(): void {
    const insides = this.#insides;
    if (insides === null) return;
    this.#insides = null;
    insides.forgetSize();
    insides.floating.close();
    insides.player.close();
    insides.shared.release();
    this.#zoom.reset();
    this.#parts.picture.replaceChildren();
    this.removeAttribute('data-picture');
    this.#told = '';
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
    });
  }

  /** The first picture: what the page showed until now may go. */
  #drawn(): void {
    this.toggleAttribute('data-picture', true);
    for (const image of findAll<HTMLImageElement>('img.feed', this)) letGo(image);
  }

  #update(): void {
    const player = this.player;
    if (player === null) return;
    const { state, transport } = player;
    if (this.dataset.state !== state.kind) this.dataset.state = state.kind;
    const told = JSON.stringify(state);
    if (told !== this.#told) {
      this.#told = told;
      this.#emit('statechange', state);
      if (state.kind === 'failed' || state.kind === 'refused') this.#emit('error', problemOf(player, state));
    }
    if (transport !== this.#toldTransport) {
      this.#toldTransport = transport;
      this.#emit('transportchange', { transport });
    }
    this.#emit('figures', playerStats(player));
    this.#chrome?.render();
  }

  /** Words and controls of its own, where the page brings none. */
  async #dress(): Promise<void> {
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
