import { createHash } from 'node:crypto';
import { camerasOfBoth } from '../domain/users/token-scope.ts';
import type { Principal, User } from '../domain/users/user.ts';
import { visitorPrefix } from '../domain/users/watching.ts';
import type { SessionRepository } from './session-repository.ts';
import type { TokenRepository, UsedToken } from './token-repository.ts';
import type { UserRecord, UserRepository } from './user-repository.ts';
import { grantText, publicGrant, type GrantKind } from './grants.ts';
import { PasswordChecks } from './passwords/password-checks.ts';
import type { Passwords } from './passwords/passwords.ts';
import type { RequestFacts } from './request-facts.ts';
import { readCookie, readSessionToken, visitorCookie } from './session-cookie.ts';

/** The headers that carry credentials. */
export interface CredentialHeaders {
  readonly cookie?: string | undefined;
  readonly authorization?: string | undefined;
}

/** Options of {@link Authenticator}. */
export interface AuthenticatorParts {
  readonly users: UserRepository;
  readonly sessions: SessionRepository;
  readonly tokens: TokenRepository;
  readonly secret: string;
  readonly access: 'private' | 'public';
  readonly passwords: Passwords;
}

/** What API tokens begin with, so that people and secret scanners recognise them. */
export const tokenPrefix = 'porthole_';
const tokenPattern = /^porthole_[A-Za-z0-9_-]{43}$/;

/** Finds out who makes a request. */
export class Authenticator {
  readonly #parts: AuthenticatorParts;
  readonly #passwordChecks = new PasswordChecks();

  constructor(parts: AuthenticatorParts) {
    this.#parts = parts;
  }

  /** See `Accounts.authenticate`. */
  async authenticate(
    headers: CredentialHeaders,
    queryToken: string | undefined,
    request: RequestFacts,
  ): Promise<Principal | null> {
    const [, scheme, credentials] = /^(bearer|basic) +(\S+) *$/i.exec(headers.authorization ?? '') ?? [];
    if (scheme !== undefined && credentials !== undefined) {
      return scheme.toLowerCase() === 'bearer'
        ? tokenPrincipal(await this.#token(credentials))
        : this.#byBasic(credentials, request);
    }
    if (queryToken !== undefined && queryToken !== '') return tokenPrincipal(await this.#token(queryToken));
    const found = await this.session(headers.cookie);
    if (found !== undefined) return principal('session', found.id, found.user);
    return this.#parts.access === 'public' ? publicPrincipal(headers.cookie) : null;
  }

  /** The sign-in that a Cookie header holds. */
  async session(cookieHeader: string | undefined): Promise<{ id: string; user: UserRecord } | undefined> {
    const token = readSessionToken(cookieHeader, this.#parts.secret);
    return token === undefined ? undefined : this.#parts.sessions.use(token);
  }

  /** Forgets which passwords were right. */
  forget(): void {
    this.#passwordChecks.clear();
  }

  async #token(token: string): Promise<UsedToken | undefined> {
    return tokenPattern.test(token) ? this.#parts.tokens.use(hashToken(token)) : undefined;
  }

  async #byBasic(credentials: string, request: RequestFacts): Promise<Principal | null> {
    const text = Buffer.from(credentials, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    if (colon === -1) return null;
    const username = text.slice(0, colon);
    const password = text.slice(colon + 1);
    if (tokenPattern.test(password)) {
      const found = await this.#token(password);
      return found?.user.username.toLowerCase() === username.toLowerCase() ? tokenPrincipal(found) : null;
    }
    // Also for remembered ones: those that are locked out must not learn which password is right.
    await this.#parts.passwords.ensureMayTry(username, request);
    const checked = await this.#passwordChecks.once(username, password, () =>
      this.#parts.passwords.verify(username, password, request),
    );
    if (checked === null) return null;
    // The password was right a moment ago; another process may have changed it since.
    const user = await this.#parts.users.byId(checked.id);
    if (user?.passwordRevision === checked.passwordRevision) return principal('user', user.id, user);
    this.forget();
    return null;
  }
}

/** A token as stored. Plain SHA-256 is enough for 256 random bits. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** The session id for an anonymous visitor, set apart from those of sign-ins: a visitor writes their own cookie. */
export function visitorSession(id: string): string {
  return `${visitorPrefix}${id}`;
}

/** A user without what only grants need. */
export function publicUser(user: UserRecord): User {
  const { id, username, role, cameras, createdAt } = user;
  return { id, username, role, cameras, createdAt };
}

/** The Principal of a grant that acts for a user. */
export function principal(kind: GrantKind, id: string, user: UserRecord): Principal {
  return {
    kind: kind === 'user' ? 'password' : kind,
    user: publicUser(user),
    role: user.role,
    cameras: user.cameras,
    grant: grantText(kind, id, user),
    sessionId: kind === 'session' ? id : null,
  };
}

/** A token of the scope `watch` is like the public, which may watch and nothing else: it does not act for its User. */
function tokenPrincipal(token: UsedToken | undefined): Principal | null {
  if (token === undefined) return null;
  const owner = principal('token', token.id, token.user);
  if (token.limits.scope === 'full') return owner;
  return { ...owner, user: null, role: 'viewer', cameras: camerasOfBoth(owner.cameras, token.limits.cameras) };
}

function publicPrincipal(cookieHeader: string | undefined): Principal {
  const visitor = readCookie(cookieHeader, visitorCookie);
  return {
    kind: 'public',
    user: null,
    role: 'viewer',
    cameras: null,
    grant: publicGrant,
    sessionId: visitor !== undefined && /^[A-Za-z0-9_-]{24}$/.test(visitor) ? visitorSession(visitor) : null,
  };
}
