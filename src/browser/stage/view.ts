import type { CameraInfo } from '../../domain/cameras/camera.ts';
import { tileVideo } from '../../domain/cameras/tile-video.ts';
import type { Watching } from '../../domain/users/watching.ts';
import type { Connection } from '../connection/connection.ts';
import { find, findAll } from '../lib/dom.ts';
import type { LivePlayer } from '../player/live-player.ts';
import type { PortholePlayer } from '../player/element/porthole-player.ts';
import { askApi, isOffline } from '../lib/post.ts';
import { onPreferences } from '../lib/preferences.ts';
import { StageButtons } from './stage-buttons.ts';
import { StageText } from './stage-text.ts';
import { toast } from '../lib/toasts.ts';

/** Options of {@link View}. */
export interface ViewOptions {
  readonly stage: PortholePlayer;
  readonly camera: CameraInfo;
  readonly watching: Watching;
  readonly connection: Connection;
  /** True in the grid, where the layout decides the size. */
  readonly tile: boolean;
}

/** One player on Porthole's pages with its controls: Start, Stop, size and the state. */
export class View {
  readonly #options: ViewOptions;
  readonly #buttons: StageButtons;
  readonly #text: StageText;
  #watching: Watching;
  #pending = 0;
  /** A Start that did not reach the server, which is repeated when the server responds again. */
  #unsent = false;

  constructor(options: ViewOptions) {
    this.#options = options;
    this.#watching = options.watching;
    const { stage } = options;
    this.#buttons = new StageButtons(stage, this.#area);
    this.#text = new StageText(stage);
    this.#listen();
    stage.addEventListener('figures', () => this.render());
    onPreferences(() => this.#player?.resized());
    this.render();
  }

  get cameraId(): string {
    return this.#options.camera.id;
  }

  get streaming(): boolean {
    return this.#watching.streaming;
  }

  /** The element that shows the camera now; null if it is not in the document. */
  get element(): HTMLCanvasElement | HTMLVideoElement | null {
    const element = this.#player?.display.element;
    return element?.isConnected === true ? element : null;
  }

  get stage(): PortholePlayer {
    return this.#options.stage;
  }

  /** Adopts what the server reports for this session, for example after a change in another tab. */
  setWatching(watching: Watching): void {
    if (this.#pending > 0) return;
    if (this.#unsent && !watching.streaming) void this.#change({ streaming: true });
    else this.#apply(watching);
  }

  /** Starts the stream, and shows the problem if the server refuses. */
  async start(): Promise<void> {
    if (!this.#watching.streaming) await this.#change({ streaming: true, width: this.#watching.width });
  }

  /** Stops the stream, for this session only. */
  async stop(): Promise<void> {
    if (this.#watching.streaming) await this.#change({ streaming: false });
  }

  /** Changes the width without a gap. */
  async resize(width: number | 'source'): Promise<void> {
    await this.#change({ width });
  }

  /** Shows the state; called whenever it may have changed. */
  render(): void {
    const player = this.#player;
    if (player === null) return;
    const { state } = player;
    const { streaming } = this.#watching;
    this.stage.dataset.streaming = String(streaming);
    // The texts first: only a visible Start button can get the focus.
    this.#text.render(player, state);
    this.#buttons.render(state, streaming);
    this.#buttons.renderSizes(player.camera, this.#watching);
  }

  get #player(): LivePlayer | null {
    return this.#options.stage.player;
  }

  /** The stage and its bar. */
  get #area(): HTMLElement {
    return this.#options.tile ? this.#options.stage : (this.#options.stage.parentElement ?? this.#options.stage);
  }

  #listen(): void {
    const on = (selector: string, act: (form: HTMLFormElement) => Promise<void>) => {
      for (const form of findAll<HTMLFormElement>(selector, this.#area)) {
        form.addEventListener('submit', (event) => {
          event.preventDefault();
          void act(form);
        });
      }
    };
    on('form.start', () => this.start());
    on('form.stop', () => this.stop());
    on('form.retry', (form) => this.#retry(form));
    find('.reconnect', this.#area)?.addEventListener('click', () => this.stage.tryNow());
  }

  async #retry(form: HTMLFormElement): Promise<void> {
    const button = find('button', form);
    button?.setAttribute('aria-busy', 'true');
    const result = await askApi('POST', `/api/cameras/${encodeURIComponent(this.cameraId)}/retry`);
    button?.removeAttribute('aria-busy');
    if (!result.ok) toast({ kind: 'error', text: result.problem.message });
    else if (this.#player?.problem != null) this.#player.start();
  }

  /** Shows the wanted state at once, then sends it to the server and shows the result. */
  async #change(change: Partial<Watching>): Promise<void> {
    const before = this.#watching;
    this.#pending += 1;
    this.#apply({ ...before, ...change });
    const result = await askApi<Watching>(
      'PATCH',
      `/api/cameras/${encodeURIComponent(this.cameraId)}/watching`,
      change,
    );
    this.#pending -= 1;
    if (this.#pending > 0) return;
    this.#unsent = false;
    if (result.ok) {
      this.#apply(result.value);
      return;
    }
    const { problem } = result;
    // A camera that cannot be opened now is watched nevertheless, so that the video comes when the camera does.
    const keeps = change.streaming === true && !['not_signed_in', 'camera_not_found'].includes(problem.code);
    this.#unsent = keeps && isOffline(problem);
    if (!keeps) this.#apply(before);
    if (problem.code === 'not_signed_in') this.#options.connection.signOut();
    else if (change.streaming === true) this.#player?.fail(problem);
    else toast({ kind: 'error', text: problem.message });
  }

  #apply({ streaming, width }: Watching): void {
    this.#watching = { streaming, width };
    const { stage, tile, camera } = this.#options;
    if (!tile) stage.width = width;
    else {
      const video = tileVideo(this.#player?.camera ?? camera, width);
      for (const [name, value] of Object.entries(video)) stage.setAttribute(name, String(value));
    }
    stage.paused = !streaming;
    this.render();
  }
}
