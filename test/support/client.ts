/** A client that behaves like a browser: it keeps cookies and sends its CSRF token. */
export class Client {
  readonly url: string;
  readonly #cookies = new Map<string, string>();
  #csrf = '';

  constructor(url: string) {
    this.url = url;
  }

  /** The `Cookie` header. */
  get cookie(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** The CSRF token for forms (`_csrf`) and the API (`x-csrf-token`), after {@link signIn}. */
  get csrf(): string {
    return this.#csrf;
  }

  /** Makes one request without following redirects, and keeps the cookies of the reply. */
  async request(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.cookie !== '' && !headers.has('cookie')) headers.set('cookie', this.cookie);
    if (this.#csrf !== '' && !headers.has('x-csrf-token')) headers.set('x-csrf-token', this.#csrf);
    const response = await fetch(new URL(path, this.url), { redirect: 'manual', ...init, headers });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    return response;
  }

  /** Requests JSON. @throws {Error} for a status other than 2xx. */
  async json<T>(path: string, init: RequestInit = {}): Promise<T> {
    const response = await this.request(path, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }

  /** Sends JSON to the API. */
  async send(method: string, path: string, body?: unknown): Promise<Response> {
    const json =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    return this.request(path, { method, ...json });
  }

  /** Sends a form with the CSRF token. */
  async submit(path: string, fields: Readonly<Record<string, string>> = {}): Promise<Response> {
    return this.request(path, { method: 'POST', body: new URLSearchParams({ _csrf: this.#csrf, ...fields }) });
  }

  /** Signs in through the sign-in form. */
  async signIn(username: string, password: string): Promise<this> {
    this.#csrf = codeIn(await (await this.request('/login')).text());
    const response = await this.submit('/login', { username, password });
    if (response.status !== 303 && response.status !== 302) {
      throw new Error(`signing in as ${username}: ${response.status} ${await response.text()}`);
    }
    this.#csrf = (await this.json<{ csrfToken: string }>('/api/me')).csrfToken;
    return this;
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';');
    const equals = pair.indexOf('=');
    const name = pair.slice(0, equals).trim();
    const ended = attributes.some((each) => /^\s*max-age=0$/i.test(each));
    if (ended || pair.slice(equals + 1) === '') this.#cookies.delete(name);
    else this.#cookies.set(name, pair.slice(equals + 1));
  }
}

/** Returns the CSRF token of a page. */
export function codeIn(page: string): string {
  const field = /<input[^>]*name="_csrf"[^>]*>/.exec(page)?.[0];
  const code = /value="([^"]*)"/.exec(field ?? '')?.[1];
  if (code === undefined) throw new Error('the page has no form with _csrf');
  return code;
}
