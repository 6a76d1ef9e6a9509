import { m } from '#messages';
import { find } from '../lib/dom.ts';
import { toast } from '../lib/toasts.ts';

type TextField = HTMLInputElement | HTMLTextAreaElement;

/** Buttons that copy the text of a field. */
export function upgradeCopy(): void {
  document.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-copy]') : null;
    const field = button === null ? null : find<TextField>(`#${CSS.escape(button.dataset.copy ?? '')}`);
    if (field !== null) void copy(field);
  });
}

async function copy(field: TextField): Promise<void> {
  field.select();
  const copied = isSecureContext ? await navigator.clipboard.writeText(field.value).then(yes, no) : copySelection();
  if (copied) toast({ kind: 'done', text: m.connect_copied() });
  else toast({ kind: 'done', text: m.connect_selected() });
}

/** Over plain HTTP, as in most home networks, the Clipboard API is unavailable. */
function copySelection(): boolean {
  try {
    return document.execCommand('copy');
  } catch {
    return false;
  }
}

const yes = (): boolean => true;
const no = (): boolean => false;
