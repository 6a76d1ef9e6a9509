import { m } from '#messages';
import type { Problem } from '../../domain/errors.ts';
import { find } from './dom.ts';
import { adoptShell, fetchPage } from './page-data.ts';

/** Result of a request that does not leave the page. */
export type PostResult<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

/** The server does not answer. */
export function offline(): Problem {
  return { code: 'internal', message: m.page_offline() };
}

/** True for {@link offline}. */
export function isOffline({ message }: Problem): boolean {
  return message === m.page_offline();
}

/** Calls the API, with a JSON body if there is a value. */
export function askApi<T>(
  method: 'GET' | 'PATCH' | 'POST' | 'PUT',
  url: string,
  value?: object,
): Promise<PostResult<T>> {
  const json = { body: JSON.stringify(value), headers: { 'content-type': 'application/json' } };
  return request<T>(url, { method, ...(value === undefined ? {} : json) });
}

/** Sends a request, and once more with a new CSRF token if that has expired. */
async function request<T>(url: string, what: RequestInit, mayRenew = true): Promise<PostResult<T>> {
  try {
    const headers = new Headers(what.headers);
    headers.set('accept', 'application/json');
    headers.set('x-csrf-token', find<HTMLMetaElement>('meta[name=csrf]')?.content ?? '');
    const response = await fetch(url, { ...what, headers });
    const text = await response.text();
    const body: unknown = text === '' ? null : JSON.parse(text);
    if (response.ok) return { ok: true, value: body as T };
    const problem = (body as { readonly error?: Problem } | null)?.error ?? offline();
    if (problem.code === 'form_expired' && mayRenew) {
      const fresh = await fetchPage();
      if (fresh.kind === 'page') {
        adoptShell(fresh.document);
        return await request(url, what, false);
      }
    }
    return { ok: false, problem };
  } catch {
    return { ok: false, problem: offline() };
  }
}
