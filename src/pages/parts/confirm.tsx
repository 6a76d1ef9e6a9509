import { m } from '#messages';
import type { ComponentChildren } from 'preact';
import { Csrf } from './form.tsx';

/** A button that asks before it does something that can't be undone, also without scripts. */
export function Confirm(props: {
  readonly action: string;
  readonly csrf: string;
  /** The words on the button: `Revoke`. */
  readonly word: string;
  /** The second button: `Yes, revoke`. */
  readonly yes: string;
  /** What it acts on, for screen readers, unless the buttons name it. */
  readonly what?: string;
  /** The text of the second button while the form is sent. */
  readonly busy: string;
  /** What happens then. */
  readonly children: ComponentChildren;
}) {
  const { action, csrf, word, yes, what, busy, children } = props;
  return (
    <details class="confirm">
      <summary class="btn small ghost bad">
        <span class="when-closed">
          {word}
          {what !== undefined && <span class="vh"> {what}</span>}
          {m.common_asks()}
        </span>
        <span class="when-open">{m.account_cancel()}</span>
      </summary>
      <form method="post" action={action}>
        <Csrf token={csrf} />
        <p class="hint">{children}</p>
        <button class="btn small bad-solid" type="submit" data-busy={busy}>
          <span>
            {yes}
            {what !== undefined && <span class="vh"> {what}</span>}
          </span>
        </button>
      </form>
    </details>
  );
}
