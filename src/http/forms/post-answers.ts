import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { languageFacts, languageOf } from '../preferences/language.ts';
import { addVary, isSafe, localPath, refererPath } from '../requests.ts';

const cookie = 'porthole_answer';
const lifetimeMs = 60_000;
/** Bytes of kept pages, for people who are signed in and for all others. */
const mostBytes = 8 * 1024 * 1024;

interface Answer {
  /** The path and query at which the page is shown. */
  readonly at: string;
  readonly grant: string | null;
  readonly html: string;
  readonly status: number;
  readonly until: number;
}

/**
 * Pages that answer a form: an error next to its field, or a new token. A browser that reloads the answer to a POST sends
 * the form again. Instead, it is redirected to the page of the form, which shows the answer once.
 */
export class PostAnswers {
  // Strangers can't push out the answers of people who are signed in.
  readonly #signedIn = new Map<string, Answer>();
  readonly #others = new Map<string, Answer>();

  /**
   * Redirects a browser to the answer.
   *
   * @param page the page of the form, for browsers that don't send a `Referer`
   * @returns false if the answer must be sent directly: no form, or no browser
   */
  redirect(reply: FastifyReply, html: string, status: number, page?: string): boolean {
    const { request } = reply;
    if (isSafe(request.method)) return false;
    const at = refererPath(request) ?? (request.headers.origin === undefined ? undefined : page);
    if (at === undefined) return false;
    const kept = this.#of(request);
    const now = performance.now();
    const id = randomBytes(16).toString('base64url');
    kept.set(id, { at, grant: request.principal?.grant ?? null, html, status, until: now + lifetimeMs });
    // The oldest are first.
    let bytes = [...kept.values()].reduce((sum, each) => sum + each.html.length, 0);
    for (const [old, answer] of kept) {
      if (old === id || (answer.until > now && bytes <= mostBytes)) break;
      kept.delete(old);
      bytes -= answer.html.length;
    }
    reply.removeHeader('retry-after');
    reply.setCookie(cookie, id, {
      path: '/',
      httpOnly: true,
      sameSite: 'lax',
      secure: 'auto',
      maxAge: lifetimeMs / 1000,
    });
    reply.header('cache-control', 'no-store').redirect(at, 303);
    return true;
  }

  /** Takes the answer that this page shows, if there is one. */
  take(request: FastifyRequest, reply: FastifyReply): Pick<Answer, 'html' | 'status'> | null {
    const id = request.cookies[cookie];
    if (id === undefined || request.method !== 'GET') return null;
    const kept = this.#of(request);
    const answer = kept.get(id);
    if (answer === undefined || answer.at !== localPath(request.url)) return null;
    kept.delete(id);
    reply.clearCookie(cookie, { path: '/' });
    const isTheirs = answer.grant === (request.principal?.grant ?? null);
    return isTheirs && answer.until > performance.now() ? answer : null;
  }

  #of({ principal }: FastifyRequest): Map<string, Answer> {
    return (principal?.user ?? null) === null ? this.#others : this.#signedIn;
  }
}

/**
 * Sends HTML. Pages contain personal state and tokens, so they are never cached.
 *
 * @param referrerPolicy `no-referrer` would make browsers send `Origin: null` with our own forms
 */
export function sendHtml(
  reply: FastifyReply,
  html: string,
  status: number,
  referrerPolicy: 'same-origin' | 'no-referrer' = 'same-origin',
): FastifyReply {
  addVary(reply, languageFacts);
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .header('content-language', languageOf(reply.request))
    .header('referrer-policy', referrerPolicy)
    .type('text/html; charset=utf-8')
    .send(html);
}
