import type { GridSettings } from '../../domain/users/grid-settings.ts';
import type { Watching } from '../../domain/users/watching.ts';
import { find, findAll } from '../lib/dom.ts';
import { askApi, type PostResult } from '../lib/post.ts';
import { toast } from '../lib/toasts.ts';
import type { View } from '../stage/view.ts';

/** The page with all cameras: Start all, Stop all and the layout, which take effect without leaving the page. */
export class Grid {
  readonly #views: readonly View[];
  readonly #list = find('.cams');
  #arranging = false;

  constructor(views: readonly View[]) {
    this.#views = views;
    const all = find<HTMLFormElement>('#all');
    all?.addEventListener('submit', (event) => {
      event.preventDefault();
      const { submitter } = event;
      void this.#setAll(submitter instanceof HTMLButtonElement && submitter.value === '1');
    });
    for (const { stage } of views) stage.addEventListener('statechange', () => this.#renderButtons());
    const form = find<HTMLFormElement>('#grid-form');
    form?.addEventListener('submit', (event) => event.preventDefault());
    form?.addEventListener('change', () => this.#changed(new FormData(form)));
    find('#arrange')?.addEventListener('click', () => void this.#arrange());
  }

  /** Starts these cameras once the page is visible, if there are any. */
  startWhenVisible(cameras: readonly string[]): void {
    if (cameras.length === 0) return;
    if (!document.hidden) return void this.#setAll(true, cameras);
    document.addEventListener('visibilitychange', () => this.startWhenVisible(cameras), { once: true });
  }

  /** One request for all: a browser opens few connections, and each Start may take seconds. */
  async #setAll(streaming: boolean, cameras?: readonly string[]): Promise<void> {
    const result = await askApi<readonly { readonly camera: string; readonly watching: Watching }[]>(
      'PATCH',
      '/api/watching',
      { streaming, ...(cameras === undefined ? {} : { cameras }) },
    );
    if (!said(result)) return;
    for (const { camera, watching } of result.value) {
      this.#views.find((view) => view.cameraId === camera)?.setWatching(watching);
    }
    this.#renderButtons();
  }

  #renderButtons(): void {
    const [start, stop] = findAll<HTMLButtonElement>('#all button');
    if (start === undefined || stop === undefined) return;
    const on = this.#views.filter(({ streaming }) => streaming).length;
    const startable = this.#views.filter(({ streaming, stage }) => !streaming && stage.state?.kind !== 'off').length;
    // The focus stays on a button that works.
    const focused = document.activeElement;
    [start.disabled, stop.disabled] = [startable === 0, on === 0];
    if (focused === start && start.disabled) stop.focus();
    if (focused === stop && stop.disabled) start.focus();
  }

  #changed(data: FormData): void {
    const layout = data.get('layout') as GridSettings['layout'];
    const autoStart = data.has('autoStart');
    const turnedOn = autoStart && this.#list?.dataset.autoStart !== 'true';
    if (this.#list !== null) Object.assign(this.#list.dataset, { layout, autoStart: String(autoStart) });
    void save({ layout, autoStart });
    if (turnedOn) void this.#setAll(true);
  }

  async #arrange(): Promise<void> {
    if (this.#list === null || this.#arranging) return;
    this.#arranging = true;
    const { arrange } = await import('./arrange.ts');
    await arrange(this.#list, (order) => {
      void save({ order });
      const tabs = findAll('.tabs [data-camera]');
      find('.tabs')?.append(...order.flatMap((id) => tabs.find(({ dataset }) => dataset.camera === id) ?? []));
    });
    this.#arranging = false;
    find('#view > summary')?.focus();
  }
}

async function save(change: Partial<GridSettings>): Promise<void> {
  said(await askApi('PATCH', '/api/grid', change));
}

/** Shows what went wrong, if anything. @returns true if nothing did */
function said<T>(result: PostResult<T>): result is Extract<PostResult<T>, { ok: true }> {
  if (!result.ok) toast({ kind: 'error', text: result.problem.message });
  return result.ok;
}
