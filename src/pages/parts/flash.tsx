import type { Flash } from '../models.ts';
import { Csrf } from './form.tsx';
import { Icon } from './icon.tsx';

/** What the last form did; scripts show theirs in the same place. */
export function FlashMessage({ flash, csrf }: { readonly flash: Flash | null; readonly csrf: string }) {
  return (
    <div class="toasts" id="toasts">
      {flash !== null && (
        <div class="toast" data-kind={flash.kind} role={flash.kind === 'error' ? 'alert' : 'status'}>
          <Icon name={flash.kind === 'error' ? 'warning' : 'check'} />
          <div class="toast-text">
            {flash.text}
            {flash.details !== undefined && (
              <details class="more-detail">
                <summary>Details</summary>
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
              <button class="btn small ghost" type="submit">
                Undo
              </button>
            </form>
          )}
        </div>
      )}
    </div>
  );
}
