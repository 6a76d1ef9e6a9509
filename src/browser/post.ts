import type { Problem } from '../domain/errors.ts';
import { find } from './dom.ts';
import { adoptShell, fetchPage } from './page-data.ts';

/** What became of a form that was sent without leaving the page. */
export type PostResult<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

const offline: Problem = {
  code: 'internal',
  message: 'Porthole does not answer. Check your connection and try again.',
};

/** Sends a form's fields, asking for JSON; a form that has expired is renewed and sent once more. */
export async function post<T>(action: string, fields: URLSearchParams, mayRenew = true): Promise<PostResult<T>> {
  try {
    const response = await fetch(action, {
      method: 'POST',
      headers: { accept: 'application/json', 'x-csrf-token': find<HTMLMetaElement>('meta[name=csrf]')?.content ?? '' },
      body: fields,
    });
    const text = await response.text();
    const body: unknown = text === '' ? null : JSON.parse(text);
    if (response.ok) return { ok: true, value: body as T };
    const problem = (body as { readonly error?: Problem } | null)?.error ?? offline;
    if (problem.code === 'form_expired' && mayRenew) {
      const fresh = await fetchPage();
      if (fresh.kind === 'page') {
        adoptShell(fresh.document);
        return await post(action, fields, false);
      }
    }
    return { ok: false, problem };
  } catch {
    return { ok: false, problem: offline };
  }
}

/** A form's fields as they are sent, without its token, which travels in a header. */
export function fieldsOf(form: HTMLFormElement, submitter?: HTMLElement | null): URLSearchParams {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form, submitter)) {
    if (typeof value === 'string' && name !== '_csrf') fields.append(name, value);
  }
  return fields;
}

/** Sends a form of the page. */
export function postForm<T>(form: HTMLFormElement): Promise<PostResult<T>> {
  return post<T>(form.getAttribute('action') ?? '', fieldsOf(form));
}
