import { m } from '#messages';
import { setAddress } from '../lib/address.ts';
import { find, findAll } from '../lib/dom.ts';
import { toast } from '../lib/toasts.ts';

type TextField = HTMLInputElement | HTMLTextAreaElement;

/**
 * Puts the chosen size and frame rate into all addresses, without loading the page again, which would lose the new token.
 */
export function upgradeConnect(): void {
  const form = find<HTMLFormElement>('#connect-choices');
  form?.addEventListener('change', () => void update(form));
}

let latest = 0;

async function update(form: HTMLFormElement): Promise<void> {
  const number = (latest += 1);
  const query = new URLSearchParams(findAll<HTMLSelectElement>('select', form).map(({ name, value }) => [name, value]));
  const url = `${location.pathname}?${query.toString()}`;
  const response = await fetch(url, { headers: { accept: 'text/html' } }).catch(() => null);
  if (response === null) {
    toast({ kind: 'error', text: m.connect_offline() });
    return;
  }
  // Signed out, or the camera is gone: the page says so.
  if (!response.ok || response.redirected) return location.assign(url);
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
  // Another choice has been made since.
  if (number !== latest) return;
  const token = find<HTMLInputElement>('#new-token')?.value;
  for (const field of findAll<TextField>('.copy-field :is(input, textarea)')) {
    const value = find<TextField>(`#${CSS.escape(field.id)}`, fresh)?.value;
    if (value !== undefined) field.value = token === undefined ? value : value.replaceAll('TOKEN', token);
  }
  for (const hint of findAll('.way > .hint[id]')) {
    hint.textContent = find(`#${CSS.escape(hint.id)}`, fresh)?.textContent ?? hint.textContent;
  }
  setAddress(url);
}
