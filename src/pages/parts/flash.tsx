import { m } from '#messages';
import { say } from '../../messages/sentence.ts';
import type { Flash } from '../models.ts';
import { Csrf } from './form.tsx';
import { Icon } from './icon.tsx';

/** The result of the last form. Scripts show their messages in the same place. */
export function FlashMessage({ flash, csrf }: { readonly flash: Flash | null; readonly csrf: string }) {
  return (
    <div class="toasts" id="toasts">
      {flash !== null && (
        <div class="toast" data-kind={flash.kind} role={flash.kind === 'error' ? 'alert' : 'status'}>
          <Icon name="check" />
          <Icon name="warning" />
          <div class="toast-text">
            {typeof flash.text === 'string' ? flash.text : say(flash.text)}
            {flash.details !== undefined && (
              <details class="more-detail">
                <summary>{m.common_details()}</summary>
                <code>{flash.details}</code>
              </details>
            )}
          </div>
          {flash.undo !== undefined && (
            <form method="post" action={flash.undo.action}>
              <Csrf token={csrf} />
              {flash.undo.ids.map((id) => (
                <input type="hidden" name="ids" value={id} />
              ))}
              {flash.undo.deletion !== undefined && <input type="hidden" name="deletion" value={flash.undo.deletion} />}
              <button class="btn small ghost" type="submit">
                {m.common_undo()}
              </button>
            </form>
          )}
          <CloseToast />
        </div>
      )}
    </div>
  );
}

/** Template for messages of scripts. */
export function ToastTemplate() {
  return (
    <template id="toast-template">
      <div class="toast">
        <Icon name="check" />
        <Icon name="warning" />
        <div class="toast-text" />
        <button class="btn small ghost toast-undo" type="button">
          {m.common_undo()}
        </button>
        <CloseToast />
      </div>
    </template>
  );
}

function CloseToast() {
  return (
    <button class="ib js-only toast-close" type="button" aria-label={m.common_dismiss()}>
      <Icon name="cross" />
    </button>
  );
}
