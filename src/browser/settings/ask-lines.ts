import type { Problem } from '../../domain/errors.ts';
import { adoptShell, fetchPage } from '../lib/page-data.ts';
import { offline, type PostResult } from '../lib/post.ts';

/**
 * Posts a form and reads the answer as lines of JSON (application/x-ndjson) while they arrive.
 *
 * @param onLine called for each line
 * @returns the last line, or why there is none
 */
export async function askLines<T>(
  url: string,
  form: HTMLFormElement,
  signal: AbortSignal,
  onLine: (line: T) => void,
  mayRenew = true,
): Promise<PostResult<T>> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: new URLSearchParams(fieldsOf(form)),
      headers: { accept: 'application/x-ndjson, application/json' },
      signal,
    });
    if (!response.ok || response.body === null) {
      const { error = offline() } = (await response.json()) as { readonly error?: Problem };
      const fresh = error.code === 'form_expired' && mayRenew ? await fetchPage() : null;
      if (fresh?.kind !== 'page') return { ok: false, problem: error };
      adoptShell(fresh.document);
      return await askLines(url, form, signal, onLine, false);
    }
    let last: T | null = null;
    let rest = '';
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      const lines = (rest + chunk.value).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine((last = JSON.parse(line) as T));
    }
    return last === null ? { ok: false, problem: offline() } : { ok: true, value: last };
  } catch {
    return { ok: false, problem: offline() };
  }
}

/** The fields of a form without files. */
function fieldsOf(form: HTMLFormElement): [string, string][] {
  return [...new FormData(form)].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : []));
}
