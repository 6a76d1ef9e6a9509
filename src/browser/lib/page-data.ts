import { find, findAll } from './dom.ts';

/** The JSON that the server put into the page for its script. */
export function pageData<T>(from: Document = document): T | null {
  const text = find('#porthole-data', from)?.textContent;
  return text ? (JSON.parse(text) as T) : null;
}

/** A page as the server renders it now. */
export type FreshPage =
  { readonly kind: 'page'; readonly document: Document } | { readonly kind: 'signed-out' | 'unreachable' };

/** Fetches this page again, or another one. */
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

/** Adopts the CSRF tokens and the links to cameras of a fresh page. */
export function adoptShell(fresh: Document): void {
  const token = find<HTMLMetaElement>('meta[name=csrf]', fresh)?.content;
  if (token !== undefined) {
    find('meta[name=csrf]')?.setAttribute('content', token);
    for (const input of findAll<HTMLInputElement>('input[name=_csrf]')) input.value = token;
  }
  replace('.tabs', fresh);
  replace('.others', fresh);
}

/** Replaces an element by the fresh page's version of it. */
export function replace(selector: string, fresh: Document): void {
  const [old, now] = [find(selector), find(selector, fresh)];
  if (old !== null && now !== null && old.innerHTML !== now.innerHTML) old.replaceWith(document.adoptNode(now));
}
