import type { CameraInfo } from '../domain/camera.ts';
import type { Problem } from '../domain/errors.ts';
import { sizeChoices } from '../domain/size-choice.ts';
import { formatWord } from '../domain/format-word.ts';
import { fpsWord, rateWord, type ViewState, viewState } from '../domain/view-state.ts';
import type { Watching } from '../domain/watching.ts';
import { sinceWord } from '../domain/words.ts';
import type { Connection } from './connection.ts';
import { Display } from './display.ts';
import { announce, find, findAll, serverZone, setText } from './dom.ts';
import type { PictureFrame } from './frame.ts';
import { post } from './post.ts';
import { toast } from './toasts.ts';
import type { Pinned } from './transport-choice.ts';

/** One picture on the page. */
export interface ViewOptions {
  /** The number that pictures for it carry in requests, from 1. */
  readonly number: number;
  readonly stage: HTMLElement;
  readonly camera: CameraInfo;
  readonly watching: Watching;
  readonly connection: Connection;
  /** True in the grid, where the window decides the size. */
  readonly tile: boolean;
  /** How the person wants the picture to come. */
  readonly pinned: Pinned;
  /** True while pages work but sockets do not: then the picture comes as a plain image. */
  readonly usesImage: () => boolean;
}

/** Upgrades one stage: draws its pictures, tells its state, starts and stops it. */
export class View {
  readonly #options: ViewOptions;
  readonly #display: Display;
  readonly #start: HTMLFormElement | null;
  #camera: CameraInfo | null;
  #watching: Watching;
  #problem: Problem | null = null;
  /** When that came, by the server's clock. */
  #problemAt = 0;
  #shown: ViewState['kind'] | null = null;
  #asleep = false;
  #pending = 0;

  constructor(options: ViewOptions) {
    this.#options = options;
    this.#camera = options.camera;
    this.#watching = options.watching;
    this.#display = new Display({
      number: options.number,
      connection: options.connection,
      label: `${options.camera.name}, live`,
      place: find('.pic', options.stage) ?? options.stage,
      pinned: options.pinned,
      // In the grid many small pictures come at once: each would cost an encode and a decoder of its own.
      mayUseH264: !options.tile,
      isLive: () => this.#camera?.state.kind === 'live' && options.connection.status === 'open',
      onDrawn: () => this.#drawn(),
    });
    this.#start = find<HTMLFormElement>('form.start', this.#area);
    this.#listen();
    if (options.tile) this.#followSize();
    if (this.#watching.streaming) this.#watch();
    this.render();
  }

  get cameraId(): string {
    return this.#options.camera.id;
  }

  get streaming(): boolean {
    return this.#watching.streaming;
  }

  /** What is drawn now, for a photo that flies away from it. */
  get picture(): HTMLCanvasElement | HTMLVideoElement | null {
    const { picture } = this.#display;
    return picture.isConnected ? picture : null;
  }

  get stage(): HTMLElement {
    return this.#options.stage;
  }

  /** The camera changed, or was removed (null). */
  setCamera(camera: CameraInfo | null): void {
    const wasLive = this.#camera?.state.kind === 'live';
    this.#camera = camera;
    // A camera that lives again has left its last failure behind.
    if (!wasLive && camera?.state.kind === 'live') this.#problem = null;
    this.#renderSizes();
    this.render();
  }

  /** Another tab, or this page's server, knows better what this Session does. */
  setWatching(watching: Watching): void {
    if (this.#pending > 0) return;
    this.#apply(watching);
  }

  /** Pictures with this number are those of a view of the server's from now on. */
  setStream(view: number, stream: number): void {
    if (this.#display.setStream(view, stream) === null) return;
    this.#problem = null;
    this.render();
  }

  /** The server cannot send the pictures of a view. */
  setViewProblem(view: number, problem: Problem): void {
    // Without H.264 there is JPEG.
    if (this.#display.setProblem(view) === 'jpeg') this.setProblem(problem);
  }

  /** The person wants the picture to come this way. */
  pin(pinned: Pinned): void {
    this.#display.pin(pinned);
    this.render();
  }

  /** The connection was lost and is back. */
  reconnected(): void {
    this.#display.reconnected();
  }

  /** There can be no picture. */
  setProblem(problem: Problem): void {
    if (problem.code !== this.#problem?.code) this.#problemAt = this.#options.connection.clock.now();
    this.#problem = problem;
    this.render();
  }

  /** Draws the picture if it is this view's. */
  takeFrame(frame: PictureFrame): boolean {
    return this.#watching.streaming && this.#display.take(frame);
  }

  /** The tab is hidden for a while: no pictures, until {@link wake}. */
  sleep(): void {
    this.#asleep = true;
    this.#display.sleep();
  }

  /** The tab is shown again: on with the newest picture. */
  wake(): void {
    this.#asleep = false;
    this.#display.wake();
  }

  /** Starts the picture at once, and says so when the camera cannot. */
  async start(): Promise<void> {
    if (this.#watching.streaming) return;
    this.#problem = null;
    await this.#change('/stream/start', { ...this.#watching, streaming: true });
  }

  /** Stops this Session's picture only. */
  async stop(): Promise<void> {
    if (!this.#watching.streaming) return;
    this.#problem = null;
    await this.#change('/stream/stop', { ...this.#watching, streaming: false });
  }

  /** Changes the size without a gap. */
  async resize(width: number | 'source'): Promise<void> {
    await this.#change('/stream/size', { ...this.#watching, width });
  }

  /** Looks whether the picture comes as it should; called twice a second while the tab is shown. */
  tick(): void {
    this.#display.tick();
    this.render();
  }

  /** Writes the state into the page; called whenever it changes and twice a second. */
  render(): void {
    const { stage, connection } = this.#options;
    const state = viewState({
      camera: this.#camera?.state ?? null,
      streaming: this.#watching.streaming,
      connection: this.#options.usesImage() ? 'page' : connection.status,
      hasPicture: this.#display.hasPicture,
      silentFor: this.#asleep || document.hidden ? 0 : this.#display.silentFor,
      problem: this.#problem,
      reconnectIn: connection.reconnectIn,
      now: connection.clock.now(),
    });
    if (state.kind !== this.#shown) this.#changed(state);
    const dot = find('.chip .dot', stage);
    if (dot !== null) dot.dataset.tone = state.tone;
    setText(find('.chip-word', stage), state.word);
    setText(find('.chip-figures', stage), state.kind === 'live' ? this.#figuresLine(state.more) : state.more);
    setText(find('.over-heading', stage), state.heading ?? '');
    setText(find('.over-text', stage), state.text);
    this.#renderSince(state);
    this.#renderDetail(state.detail);
    if (!this.#options.tile) this.#renderFigures();
  }

  /** The stage with its bar. */
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
    find('.reconnect', this.#area)?.addEventListener('click', () => this.#options.connection.tryNow());
  }

  async #retry(form: HTMLFormElement): Promise<void> {
    const button = find('button', form);
    button?.setAttribute('aria-busy', 'true');
    const result = await post(form.getAttribute('action') ?? '', new URLSearchParams());
    button?.removeAttribute('aria-busy');
    if (!result.ok) toast({ kind: 'error', text: result.problem.message });
    else if (this.#problem !== null) {
      this.#problem = null;
      this.#watch();
    }
  }

  /** Shows the wanted state at once, then asks the server for it, then shows what came of it. */
  async #change(action: string, wanted: Watching): Promise<void> {
    const before = this.#watching;
    const fields = new URLSearchParams({ camera: this.cameraId });
    if (action !== '/stream/stop') fields.set('width', String(wanted.width));
    this.#pending += 1;
    this.#apply(wanted);
    const result = await post<Watching>(action, fields);
    this.#pending -= 1;
    if (this.#pending > 0) return;
    if (result.ok) {
      this.#apply(result.value);
      return;
    }
    this.#apply(before);
    if (result.problem.code === 'not_signed_in') this.#options.connection.signOut();
    else if (action === '/stream/start') this.setProblem(result.problem);
    else toast({ kind: 'error', text: result.problem.message });
  }

  #apply(watching: Watching): void {
    const before = this.#watching;
    this.#watching = { streaming: watching.streaming, width: watching.width };
    if (watching.streaming && (!before.streaming || watching.width !== before.width)) this.#watch();
    if (!watching.streaming && before.streaming) this.#unwatch();
    this.#renderSizes();
    this.render();
  }

  #watch(): void {
    this.#display.watch(this.cameraId, this.#wantedWidth());
    if (this.#options.usesImage() && find('.feed', this.stage) === null) this.#showImage();
  }

  #unwatch(): void {
    this.#display.unwatch();
    this.#hideImage();
  }

  /** In the grid no more pixels than the tile has on this screen. */
  #wantedWidth(): number | 'source' {
    const chosen = this.#watching.width;
    if (!this.#options.tile) return chosen;
    const { clientWidth, clientHeight } = this.#options.stage;
    const size = this.#camera?.size;
    const shape = size ? size.width / size.height : 16 / 9;
    const needed = Math.ceil(Math.min(clientWidth, clientHeight * shape) * devicePixelRatio);
    const least = Math.min(needed, chosen === 'source' ? Infinity : chosen);
    return size && least >= size.width ? chosen : Math.max(16, least);
  }

  #followSize(): void {
    let timer = 0;
    let last = this.#options.stage.clientWidth;
    new ResizeObserver(() => {
      clearTimeout(timer);
      timer = window.setTimeout(() => {
        const width = this.#options.stage.clientWidth;
        if (Math.abs(width - last) < 40 || !this.#watching.streaming) return;
        last = width;
        this.#watch();
      }, 400);
    }).observe(this.#options.stage);
  }

  #drawn(): void {
    const { canvas } = this.#display;
    if (!canvas.isConnected) {
      find('.pic', this.#options.stage)?.append(canvas);
      this.#hideImage();
    }
    if (this.#shown !== 'live') this.render();
  }

  /** The plain multipart image, where sockets do not work. */
  #showImage(): void {
    const image = document.createElement('img');
    image.className = 'feed';
    image.alt = `${this.#options.camera.name}, live`;
    image.src = `/video_feed?camera=${encodeURIComponent(this.cameraId)}&at=${Date.now()}`;
    find('.pic', this.#options.stage)?.append(image);
  }

  #hideImage(): void {
    const image = find<HTMLImageElement>('.feed', this.#options.stage);
    if (image === null) return;
    // Only an image without an address lets go of its connection everywhere.
    image.removeAttribute('src');
    image.remove();
  }

  #changed(state: ViewState): void {
    const { stage, camera } = this.#options;
    const area = this.#area;
    const { streaming } = this.#watching;
    if (this.#shown !== null) announce(`${camera.name}: ${state.heading ?? state.word}`);
    this.#shown = state.kind;
    stage.dataset.state = state.kind;
    stage.dataset.streaming = String(streaming);
    const over = find('.over', stage);
    if (over !== null) over.hidden = state.heading === null;
    const show = (selector: string, is: boolean) => {
      const element = find(selector, stage);
      if (element !== null) element.hidden = !is;
    };
    show('form.retry', state.action === 'retry');
    show('.reconnect', state.action === 'reconnect');
    show('.sign-in', state.action === 'sign-in');
    show('.switch-on', state.action === 'switch-on');
    const stop = find('form.stop button', area);
    const stopHadFocus = stop !== null && stop === document.activeElement;
    const able = (selector: string, is: boolean) => {
      for (const button of findAll<HTMLButtonElement>(`${selector} button`, area)) button.disabled = !is;
    };
    const answered = !['offline', 'signed-out', 'removed'].includes(state.kind);
    able('form.stop', streaming && answered);
    // The focus moves between Start and Stop, so it has to be able to stand on the one before the other goes.
    this.#moveStart(state.action === 'start' ? '.start-here' : '.start-there');
    able('form.start', !streaming);
    if (stopHadFocus && state.action === 'start') find('button', this.#start ?? area)?.focus();
    able('form.capture', streaming && answered && state.kind !== 'off');
  }

  /** There is one Start on the page: over the picture while it is paused, else in the bar. */
  #moveStart(place: '.start-here' | '.start-there'): void {
    const target = find(place, this.#area);
    if (this.#start === null || target === null || this.#start.parentElement === target) return;
    const hadFocus = this.#start.contains(document.activeElement);
    target.append(this.#start);
    if (hadFocus) find('form.stop button', this.#area)?.focus();
  }

  #renderSince({ kind }: ViewState): void {
    const place = find('.over-since', this.#options.stage);
    if (place === null) return;
    const state = this.#camera?.state;
    const since =
      kind === 'reconnecting' && state?.kind === 'reconnecting'
        ? state.since
        : kind === 'failed'
          ? this.#problemAt
          : null;
    place.hidden = since === null;
    if (since !== null) setText(place, sinceWord(since, this.#options.connection.clock.now(), serverZone()));
  }

  #renderDetail(detail: string | undefined): void {
    const place = find('.over-detail', this.#options.stage);
    if (place === null) return;
    place.hidden = detail === undefined;
    setText(find('code', place), detail ?? '');
  }

  /** The list of sizes follows the camera, whose own is known once it has been open, and the Session's other tabs. */
  #renderSizes(): void {
    const select = find<HTMLSelectElement>('form.size select', this.#area);
    if (select === null || this.#camera === null) return;
    const choices = sizeChoices(this.#camera, this.#watching);
    const same =
      select.options.length === choices.length &&
      choices.every(({ label }, index) => select.options[index]?.text === label);
    if (!same) select.replaceChildren(...choices.map(({ value, label }) => new Option(label, value)));
    select.value = choices.find(({ chosen }) => chosen)?.value ?? 'source';
  }

  #figuresLine(fallback: string): string {
    const { fps, age } = this.#display.figures();
    return [fpsWord(fps), age === null ? '' : ageWord(age)].filter(Boolean).join(' · ') || fallback;
  }

  #renderFigures(): void {
    const { stage } = this.#options;
    if (find('.figs[open]', stage) === null) return;
    const { fps, age, bitrate, drops } = this.#display.figures();
    const { codec, size, hasPicture } = this.#display;
    const write = (name: string, text: string) => setText(find(`[data-figure=${name}]`, stage), text);
    write(
      'transport',
      this.#options.usesImage() ? 'MJPEG over HTTP' : codec === 'h264' ? 'WebSocket, MSE' : 'WebSocket',
    );
    write('codec', codec === 'h264' ? 'H.264' : 'JPEG');
    write('size', hasPicture ? `${size.width} × ${size.height}` : '–');
    write('fps', fpsWord(fps) || '–');
    write('age', age === null ? '–' : ageWord(age));
    write('bitrate', bitrate > 0 ? bitrateWord(bitrate) : '–');
    write('drops', String(drops));
    const source = this.#camera?.state.kind === 'live' ? this.#camera.state : null;
    write('mode', source === null ? '–' : `${source.width} × ${source.height} ${formatWord(source.format)}`);
    write('source-rate', (source !== null && rateWord(source.fps, source.claimedFps)) || '–');
    const warning = find('[data-figure=warning]', stage);
    if (warning !== null) warning.hidden = source?.warning === undefined;
    write('warning', source?.warning ?? '');
  }
}

function ageWord(age: number): string {
  return age < 1000 ? `${Math.round(age)} ms` : `${(age / 1000).toFixed(1)} s`;
}

function bitrateWord(bits: number): string {
  return bits < 950_000 ? `${Math.round(bits / 1000)} kbit/s` : `${(bits / 1_000_000).toFixed(1)} Mbit/s`;
}
