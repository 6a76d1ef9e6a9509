import type { Preferences } from '../../domain/users/preferences.ts';
import { find, findAll } from './dom.ts';
import { askApi } from './post.ts';
import { toast } from './toasts.ts';

const root = document.documentElement;

/** Calls back when `savesData()` may have changed. */
export function onPreferences(listener: () => void): void {
  root.addEventListener('preferences', listener);
}

/** Applies a choice in the menu at once, without leaving the page. */
export function upgradePreferences(): void {
  const form = find<HTMLFormElement>('.preferences');
  form?.addEventListener('submit', (event) => {
    const button = event.submitter;
    // The server writes the page in another language.
    if (!(button instanceof HTMLButtonElement) || button.name === 'language') return;
    event.preventDefault();
    void choose(form, { [button.name]: button.value });
  });
}

async function choose(form: HTMLFormElement, choice: Partial<Record<string, string>>): Promise<void> {
  const result = await askApi<Preferences & { readonly savesData: boolean }>('POST', form.action, choice);
  if (!result.ok) return toast({ kind: 'error', text: result.problem.message });
  for (const each of findAll<HTMLButtonElement>('button', form)) {
    each.setAttribute('aria-pressed', String(each.value === result.value[each.name as keyof Preferences]));
  }
  applyTheme(result.value.theme);
  const { savesData, data } = result.value;
  if (savesData || data === 'full') root.dataset.savesData = String(savesData);
  else delete root.dataset.savesData;
  root.dispatchEvent(new Event('preferences'));
}

/** As the server renders it for the next page. */
function applyTheme(theme: Preferences['theme']): void {
  root.dataset.theme = theme;
  find('meta[name=color-scheme]')?.setAttribute('content', theme === 'system' ? 'dark light' : theme);
  const toolbars = findAll('meta[name=theme-color]');
  for (const [index, scheme] of (['dark', 'light'] as const).entries()) {
    const chosen = theme === scheme ? 'all' : 'not all';
    toolbars[index]?.setAttribute('media', theme === 'system' ? `(prefers-color-scheme: ${scheme})` : chosen);
  }
}
