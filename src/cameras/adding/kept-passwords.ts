import { randomBytes } from 'node:crypto';

/** How long a password is kept after its form was last shown, in milliseconds. */
const lifetime = 20 * 60_000;
const most = 100;

/**
 * Passwords that somebody has entered in a form that is shown again. The page has only an unguessable id, so that the password
 * is not in its source.
 */
export class KeptPasswords {
  /** The oldest first. */
  readonly #kept = new Map<string, { readonly owner: string; readonly password: string; readonly until: number }>();

  /**
   * Keeps a password.
   *
   * @param owner who may use it: the grant of their session
   * @returns its id; empty for an empty password
   */
  keep(owner: string, password: string): string {
    if (password === '') return '';
    const now = performance.now();
    for (const [id, { until }] of this.#kept) {
      if (until > now && this.#kept.size < most) break;
      this.#kept.delete(id);
    }
    const id = randomBytes(16).toString('base64url');
    this.#kept.set(id, { owner, password, until: now + lifetime });
    return id;
  }

  /** The password with this id; empty if there is none, or if it is somebody else's. */
  find(owner: string, id: string): string {
    const kept = this.#kept.get(id);
    return kept?.owner === owner && kept.until > performance.now() ? kept.password : '';
  }
}
