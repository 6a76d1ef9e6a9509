import { m } from '#messages';
import { Icon } from './icon.tsx';

/** A text to select and copy. With scripts, a button copies it. */
export function CopyField({
  id,
  label,
  value,
}: {
  readonly id: string;
  readonly label: string;
  readonly value: string;
}) {
  const rows = value.split('\n').length;
  return (
    <div class="copy-field">
      <label for={id}>{label}</label>
      <div class="copy-row">
        {rows === 1 ? (
          <input id={id} value={value} readOnly spellcheck={false} />
        ) : (
          // One more for the scroll bar of long lines.
          <textarea id={id} rows={rows + 1} readOnly spellcheck={false}>
            {value}
          </textarea>
        )}
        <button
          class="btn small ghost js-only"
          type="button"
          data-copy={id}
          aria-label={m.connect_copy_what({ what: label })}
        >
          <Icon name="copy" />
          <span>{m.connect_copy()}</span>
        </button>
      </div>
    </div>
  );
}
