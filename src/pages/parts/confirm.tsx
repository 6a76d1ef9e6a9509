import type { ComponentChildren } from 'preact';
import { Csrf } from './form.tsx';

/** A button that asks before it does something that can't be undone, also without scripts. */
export function Confirm(props: {
  readonly action: string;
  readonly csrf: string;
  /** The verb on the button: `Revoke`. */
  readonly word: string;
  /** Its object, for screen readers and the second button. */
  readonly what: string;
  /** The text of the second button while the form is sent. */
  readonly busy: string;
  /** What happens then. */
  readonly children: ComponentChildren;
}) {
  const { action, csrf, word, what, busy, children } = props;
  return (
    <details class="confirm cancels">
      <summary class="btn small ghost bad">
        <span class="when-closed">
          {word}
          <span class="vh"> {what}</span>…
        </span>
        <span class="when-open">Cancel</span>
      </summary>
      <form method="post" action={action}>
        <Csrf token={csrf} />
        <p class="hint">{children}</p>
        <button class="btn small bad-solid" type="submit" data-busy={busy}>
          <span>
            Yes, {word.toLowerCase()}
            <span class="vh"> {what}</span>
          </span>
        </button>
      </form>
    </details>
  );
}
