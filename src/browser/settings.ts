import { upgradePtz } from './settings/upgrade-ptz.ts';
import { CameraPage } from './settings/camera-page.ts';
import { upgradeConnect } from './settings/connect-page.ts';
import { upgradeCopy } from './settings/copy.ts';
import { Connection } from './connection/connection.ts';
import { ServerWatch } from './settings/server-watch.ts';
import { followThumbnails } from './settings/thumbnails.ts';
import { testSource } from './settings/source-test.ts';
import { ControlForm } from './settings/control-form.ts';
import { find, findAll } from './lib/dom.ts';
import { adoptShell, fetchPage } from './lib/page-data.ts';
import { askApi } from './lib/post.ts';
import { upgradeShell } from './lib/shell.ts';
import { toast } from './lib/toasts.ts';

upgradeShell();
upgradeTest();
upgradeOrder();
upgradeCopy();
upgradeConnect();
upgradeCheckAll();
upgradeControls();
upgradeMakers();
followThumbnails();
// Not on the pages of sign-in and set-up.
if (find('#away') !== null) {
  const connection = new Connection({ server: location.origin, token: null });
  new ServerWatch(connection).start();
  new CameraPage(connection).follow();
}
// After the check that the server is there, which holds a form back.
upgradeBusyButtons();

/** Shows that a form is being sent, and prevents sending it twice. */
function upgradeBusyButtons(): void {
  addEventListener('submit', (event) => {
    const button = event.submitter;
    if (event.defaultPrevented || !(button instanceof HTMLButtonElement) || button.dataset.busy === undefined) return;
    if (button.getAttribute('aria-busy') === 'true') {
      event.preventDefault();
      return;
    }
    setBusy(button, true);
  });
  // Restored from the back/forward cache: the form can be sent again.
  addEventListener('pageshow', (event) => {
    if (event.persisted) for (const button of findAll('[aria-busy=true]')) setBusy(button, false);
  });
}

function setBusy(button: HTMLElement, busy: boolean): void {
  if (busy) button.dataset.words = button.textContent;
  button.setAttribute('aria-busy', String(busy));
  button.textContent = (busy ? button.dataset.busy : button.dataset.words) ?? '';
}

/** Shows the result of Test in the form without reloading the page. */
function upgradeTest(): void {
  const form = find<HTMLFormElement>('#camera-form');
  const button = find<HTMLButtonElement>('#test');
  const place = find('#test-result');
  if (form === null || button === null || place === null) return;
  button.addEventListener('click', (event) => {
    event.preventDefault();
    if (button.getAttribute('aria-busy') !== 'true') void test(form, button, place);
  });
}

async function test(form: HTMLFormElement, button: HTMLElement, place: HTMLElement): Promise<void> {
  setBusy(button, true);
  await testSource(form, place);
  setBusy(button, false);
}

/** Moves cameras up and down without reloading the page. */
function upgradeOrder(): void {
  const list = find('#camera-cards');
  list?.addEventListener('submit', (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.classList.contains('move')) return;
    event.preventDefault();
    const card = form.closest('li');
    const by = Number(form.dataset.by);
    const other = by < 0 ? card?.previousElementSibling : card?.nextElementSibling;
    if (!card || !other) return;
    if (by < 0) other.before(card);
    else other.after(card);
    find('button', form)?.focus();
    void saveOrder(list);
  });
}

async function saveOrder(list: HTMLElement): Promise<void> {
  const cards = findAll(':scope > li', list);
  const ids = cards.map((card) => card.dataset.camera ?? '');
  for (const [index, card] of cards.entries()) {
    for (const form of findAll('.move', card)) {
      const button = find<HTMLButtonElement>('button', form);
      const other = index + Number(form.dataset.by);
      if (button !== null) button.disabled = other < 0 || other >= cards.length;
    }
  }
  const result = await askApi('PUT', '/api/cameras/order', { ids });
  if (!result.ok) return toast({ kind: 'error', text: result.problem.message });
  const fresh = await fetchPage();
  if (fresh.kind === 'page') adoptShell(fresh.document);
}

/** Disables the single cameras while "All" is checked. */
function upgradeCheckAll(): void {
  for (const group of findAll('.checks')) {
    const all = find<HTMLInputElement>('input[value="*"]', group);
    const follow = () => {
      for (const each of findAll<HTMLInputElement>('input[type=checkbox]:not([value="*"])', group)) {
        each.disabled = all?.checked === true;
      }
    };
    group.addEventListener('change', follow);
    follow();
  }
}

/** The page of a camera's controls. */
function upgradeControls(): void {
  void upgradePtz(document.body);
  const controls = find('.controls');
  const reload = () => location.reload();
  if (controls !== null) new ControlForm(controls, { onSignedOut: reload, onStale: reload });
}

/** Shows what the chosen maker's cameras need. */
function upgradeMakers(): void {
  const menu = find<HTMLSelectElement>('#maker');
  menu?.addEventListener('change', () => {
    for (const hint of findAll('.maker-hints [data-maker]')) {
      hint.toggleAttribute('data-chosen', hint.dataset.maker === menu.value);
    }
  });
}
