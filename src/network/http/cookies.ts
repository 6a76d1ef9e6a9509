/** How many cookies are kept, and how long one may be, in characters. */
const [mostCookies, longestCookie] = [20, 1_000];

/** The cookies of one camera, which get back to it alone. Some cameras start a session before they send video. */
export class Cookies {
  readonly #values = new Map<string, string>();

  /** The `Cookie` header; null without cookies. */
  get header(): string | null {
    return this.#values.size === 0 ? null : Array.from(this.#values, (pair) => pair.join('=')).join('; ');
  }

  /** Takes the values of `Set-Cookie` headers. @returns true if that changed {@link header} */
  take(lines: readonly string[]): boolean {
    const before = this.header;
    for (const line of lines) {
      const [, name, value = ''] = /^([\w!#$%&'*+.^`|~-]+)[ \t]*=[ \t]*([\x21-\x3a\x3c-\x7e]*)/.exec(line) ?? [];
      if (name === undefined || name.length + value.length > longestCookie) continue;
      if (this.#values.size < mostCookies || this.#values.has(name)) this.#values.set(name, value);
    }
    return this.header !== before;
  }
}
