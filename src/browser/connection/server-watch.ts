import type { Connection } from './connection.ts';
import { announce, find } from '../lib/dom.ts';
import { isServerThere } from './server-there.ts';

/**
 * Keeps the page while the server is away: a form that is sent or a link that is followed then leads to the browser's own
 * error page, and what was entered is lost. A notice says so instead, and goes when the server is back.
 */
export class ServerWatch {
  readonly #connection: Connection;
  /** The form that may be sent now, because the server has just answered. */
  #passing: HTMLFormElement | null = null;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Starts watching. */
  start(): void {
    this.#connection.listen({
      status: (status) => {
        if (status === 'open') this.#show(false);
        else if (status === 'down' && this.#connection.why === 'unreachable') this.#show(true);
      },
    });
    addEventListener('submit', (event) => this.#submitted(event));
    addEventListener('click', (event) => this.#clicked(event));
  }

  #submitted(event: SubmitEvent): void {
    const { target: form, submitter } = event;
    if (event.defaultPrevented || !(form instanceof HTMLFormElement) || form.method === 'dialog') return;
    if (this.#passing === form) return;
    event.preventDefault();
    if (submitter?.getAttribute('aria-busy') === 'true') return;
    submitter?.setAttribute('aria-busy', 'true');
    void isServerThere().then((isThere) => {
      submitter?.removeAttribute('aria-busy');
      this.#show(!isThere);
      if (!isThere) return;
      this.#passing = form;
      form.requestSubmit(submitter);
      this.#passing = null;
    });
  }

  #clicked(event: MouseEvent): void {
    if (event.defaultPrevented || this.#connection.status === 'open' || event.button !== 0) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>('a[href]') : null;
    if (link?.target !== '' || link.hasAttribute('download') || link.origin !== location.origin) return;
    // Within the page.
    if (link.hash !== '' && link.pathname + link.search === location.pathname + location.search) return;
    event.preventDefault();
    void isServerThere().then((isThere) => {
      this.#show(!isThere);
      if (isThere) location.assign(link.href);
    });
  }

  #show(isAway: boolean): void {
    const notice = find('#away');
    if (notice?.hidden !== isAway) return;
    notice.hidden = !isAway;
    announce(isAway ? (notice.textContent ?? '') : (notice.dataset.back ?? ''));
  }
}
