import { find, findAll } from './dom.ts';

/** What the server wrote into the page for its script. */
export function pageData<T>(from: Document = document): T | null {
  const text = find('#porthole-data', from)?.textContent;
  return text ? (JSON.parse(text) as T) : null;
}

/** The page as the server would render it now. */
export type FreshPage =
  { readonly kind: 'page'; readonly document: Document } | { readonly kind: 'signed-out' | 'unreachable' };

/** Asks the server for this page again, or for another one. */
export async function fetchPage(url: string = location.href): Promise<FreshPage> {
  try {
    const response = await fetch(url, { headers: { accept: 'text/html' }, cache: 'no-store' });
    const login = response.redirected && new URL(response.url).pathname === '/login';
    if (login || response.status === 401) return { kind: 'signed-out' };
    if (!response.ok) return { kind: 'unreachable' };
    return { kind: 'page', document: new DOMParser().parseFromString(await response.text(), 'text/html') };
  } catch {
    return { kind: 'unreachable' };
  }
}

/** Takes over what every page has: the form tokens and the camera tabs. */
export function adoptShell(fresh: Document): void {
  const token = find<HTMLMetaElement>('meta[name=csrf]', fresh)?.content;
  if (token !== undefined) {
    find('meta[name=csrf]')?.setAttribute('content', token);
    for (const input of findAll<HTMLInputElement>('input[name=_csrf]')) input.value = token;
  }
  replace('.tabs', fresh);
}

/** Puts the fresh page's version of an element in place of this page's. */
export function replace(selector: string, fresh: Document): void {
  const [old, now] = [find(selector), find(selector, fresh)];
  if (old !== null && now !== null && old.innerHTML !== now.innerHTML) old.replaceWith(document.adoptNode(now));
}
