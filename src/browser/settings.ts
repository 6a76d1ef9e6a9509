import { upgradePtz } from './settings/upgrade-ptz.ts';
import { upgradeOrder } from './settings/camera-order.ts';
import { CameraPage } from './settings/camera-page.ts';
import { upgradeConnect } from './settings/connect-page.ts';
import { upgradeCopy } from './settings/copy.ts';
import { Connection } from './connection/connection.ts';
import { ServerWatch } from './connection/server-watch.ts';
import { followThumbnails } from './settings/thumbnails.ts';
import { testSource } from './settings/source-test.ts';
import { ControlForm } from './settings/control-form.ts';
import { find, findAll } from './lib/dom.ts';
import { upgradeShell } from './lib/shell.ts';

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
