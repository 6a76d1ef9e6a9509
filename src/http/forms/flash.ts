import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Flash } from '../../pages/models.ts';

const cookie = 'porthole_flash';
const lifetimeMs = 60_000;
const most = 1000;

/**
 * Messages about the result of the last form, shown once on the next page. The browser's cookie has only an unguessable
 * id, so that nobody can make a page show a text of theirs.
 */
export class Flashes {
  readonly #kept = new Map<string, { readonly flash: Flash; readonly until: number }>();

  /** Keeps a message for the next page of this browser. */
  put(reply: FastifyReply, flash: Flash): void {
    const now = performance.now();
    // Entries stand in the order they were made, so the old ones are first.
    for (const [id, kept] of this.#kept) {
      if (kept.until > now && this.#kept.size < most) break;
      this.#kept.delete(id);
    }
    const id = randomBytes(16).toString('base64url');
    this.#kept.set(id, { flash, until: now + lifetimeMs });
    reply.setCookie(cookie, id, {
      path: '/',
      httpOnly: true,
      sameSite: 'lax',
      secure: 'auto',
      maxAge: lifetimeMs / 1000,
    });
  }

  /** Takes the message for this page, if there is one. */
  take(request: FastifyRequest, reply: FastifyReply): Flash | null {
    const id = request.cookies[cookie];
    if (id === undefined) return null;
    reply.clearCookie(cookie, { path: '/' });
    const kept = this.#kept.get(id);
    this.#kept.delete(id);
    return kept !== undefined && kept.until > performance.now() ? kept.flash : null;
  }
}
