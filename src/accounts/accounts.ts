import { randomBytes } from 'node:crypto';
import pLimit from 'p-limit';
import type { Logger } from 'pino';
import { PortholeError } from '../domain/errors.ts';
import type { Principal, User } from '../domain/users/user.ts';
import type { Database } from '../store/database.ts';
import { checkPassword, checkUsername } from './account-rules.ts';
import { ApiTokens } from './api-tokens.ts';
import { Authenticator, principal, publicUser, visitorSession, type CredentialHeaders } from './authenticator.ts';
import type { PasswordHash } from './passwords/auth.ts';
import { Passwords } from './passwords/passwords.ts';
import type { RequestFacts } from './request-facts.ts';
import { Revocations, type RevocationListener } from './revocations.ts';
import {
  clearedSessionCookie,
  sessionCookies,
  sessionLifetimeMs,
  sessionRefreshMs,
  visitorSetCookie,
} from './session-cookie.ts';
import { SessionRepository } from './session-repository.ts';
import { Sessions } from './sessions.ts';
import { newSetupCode, sameCode } from './setup-code.ts';
import { signedIn } from './signed-in.ts';
import { TokenRepository } from './token-repository.ts';
import { UnwrittenRevocations } from './unwritten-revocations.ts';
import { UserRepository } from './user-repository.ts';
import { Users } from './users.ts';

/** Options of {@link Accounts}. */
export interface AccountsOptions {
  readonly database: Database;
  readonly log: Logger;
  /** Signs session cookies; see `loadSecret`. */
  readonly secret: string;
  /** True where the page comes over HTTPS: the session cookie is then `Secure`. */
  readonly secureCookies: boolean;
  /** With `public`, everybody who can reach the server may watch, and nothing else. */
  readonly access: 'private' | 'public';
  /** The one-time code of set-up; a random one by default. */
  readonly setupCode?: string | undefined;
  /** While no user exists, makes the admin `admin` with this password. */
  readonly adminPassword?: string | undefined;
  /** How passwords are stored; scrypt by default. */
  readonly passwordHash?: PasswordHash | undefined;
}

/** A fresh sign-in. */
export interface SignedIn {
  readonly user: User;
  readonly sessionId: string;
  /** Complete Set-Cookie values. */
  readonly setCookies: readonly string[];
}

const lifetime = { unusedMs: sessionLifetimeMs, refreshMs: sessionRefreshMs };
/**
 * How often expired sign-ins are removed, in milliseconds. Not at the start: a machine without a battery for its clock
 * corrects it only then, and until that, sign-ins may look expired.
 */
const pruneEvery = 3_600_000;
/** How long after the start better-auth is loaded, unless somebody needs it sooner, in milliseconds. */
const warmUpAfter = 3000;

/** Who may do what: set-up, sign-in and one's own password; {@link Users}, {@link Sessions} and {@link ApiTokens}. */
export class Accounts {
  readonly users: Users;
  readonly sessions: Sessions;
  readonly tokens: ApiTokens;
  readonly #options: AccountsOptions;
  readonly #log: Logger;
  /** Runs one change of users and passwords at a time. */
  readonly #exclusively = pLimit(1);
  readonly #repositories: { readonly users: UserRepository; readonly sessions: SessionRepository };
  readonly #authenticator: Authenticator;
  readonly #revocations: Revocations;
  readonly #unwritten: UnwrittenRevocations;
  readonly #passwords: Passwords;
  readonly #timers: NodeJS.Timeout[] = [];
  #setupCode: string | null = null;

  private constructor(options: AccountsOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#unwritten = new UnwrittenRevocations(options.log);
    const repositories = {
      users: new UserRepository(options.database),
      sessions: new SessionRepository(options.database, lifetime),
      tokens: new TokenRepository(options.database),
    };
    this.#repositories = repositories;
    this.#revocations = new Revocations({ ...repositories, unwritten: this.#unwritten, log: options.log });
    this.#passwords = new Passwords({ ...options, ...repositories, revocations: this.#revocations });
    const parts = {
      ...repositories,
      passwords: this.#passwords,
      revocations: this.#revocations,
      unwritten: this.#unwritten,
      log: options.log,
      exclusively: <T>(work: () => Promise<T>) => this.#exclusively(work),
    };
    this.#authenticator = new Authenticator({ ...parts, secret: options.secret, access: options.access });
    // Before any other listener asks again who somebody is.
    this.#revocations.subscribe(() => this.#authenticator.forget());
    this.users = new Users(parts);
    this.sessions = new Sessions(parts);
    this.tokens = new ApiTokens(parts);
  }

  /** Opens the accounts of a database. */
  static async open(options: AccountsOptions): Promise<Accounts> {
    const accounts = new Accounts(options);
    await accounts.#open();
    return accounts;
  }

  async #open(): Promise<void> {
    const { adminPassword, setupCode } = this.#options;
    // All of them, so that rows that can't be read are reported at the start.
    if ((await this.#repositories.users.list()).length === 0) {
      if (adminPassword === undefined) this.#setupCode = setupCode ?? newSetupCode();
      else await this.#createFirstAdmin(adminPassword);
    }
    const prune = () => void this.prune().catch((err: unknown) => this.#log.warn({ err }, 'expired sessions stay'));
    this.#timers.push(setInterval(prune, pruneEvery).unref());
    const warmUp = () => void this.#passwords.load().catch(() => {});
    this.#timers.push(setTimeout(warmUp, warmUpAfter).unref());
  }

  async #createFirstAdmin(password: string): Promise<void> {
    checkPassword(password, 'PORTHOLE_ADMIN_PASSWORD');
    await this.#passwords
      .create({ username: 'admin', password, role: 'admin', cameras: null })
      .catch((error: unknown) => {
        // Another process that started at the same moment has made it.
        if (!(error instanceof PortholeError && error.code === 'user_exists')) throw error;
      });
    this.#log.info({ user: 'admin' }, 'first admin created');
  }

  // Set-up.

  /** The one-time code of set-up, or null when there is a user. */
  get setupCode(): string | null {
    return this.#setupCode;
  }

  /** True while no user exists. */
  async needsSetup(): Promise<boolean> {
    if (this.#setupCode === null) return false;
    // The command line may have added somebody.
    if (await this.#repositories.users.isEmpty()) return true;
    this.#setupCode = null;
    return false;
  }

  /**
   * Checks the one-time code of set-up; a wrong one counts as a try.
   *
   * @throws {PortholeError} `setup_code_wrong`, `too_many_requests`.
   */
  checkSetupCode(code: string, request: RequestFacts): void {
    const attempt = this.#passwords.beginCode(request);
    if (!sameCode(code.trim(), this.#setupCode ?? '')) throw new PortholeError('setup_code_wrong', { field: 'code' });
    attempt.succeeded();
  }

  /**
   * Makes the first admin and signs them in.
   *
   * @throws {PortholeError} `setup_done`, `setup_code_wrong`, `invalid_input`, `too_many_requests`.
   */
  async setUp(input: { code: string; username: string; password: string }, request: RequestFacts): Promise<SignedIn> {
    await this.#exclusively(async () => {
      if (!(await this.needsSetup())) throw new PortholeError('setup_done');
      this.checkSetupCode(input.code, request);
      const username = checkUsername(input.username);
      const password = checkPassword(input.password);
      await this.#passwords.create({ username, password, role: 'admin', cameras: null });
      this.#setupCode = null;
    });
    this.#log.info({ user: input.username, ip: request.ip }, 'set up');
    return this.signIn(input, request);
  }

  // Sign-in.

  /** @throws {PortholeError} `wrong_password`, `too_many_requests`, `sign_in_busy`. */
  async signIn(input: { username: string; password: string }, request: RequestFacts): Promise<SignedIn> {
    const opened = await this.#passwords.signIn(input.username, input.password, request);
    if (opened === null) throw new PortholeError('wrong_password');
    const { token, before } = opened;
    const sessionId = await this.#repositories.sessions.describe(token, request.ip, cleanUserAgent(request.userAgent));
    const found = await this.#repositories.sessions.use(token);
    const endedAlready =
      found !== undefined && this.#unwritten.apply(principal('session', found.id, found.user)) === null;
    const isLate = endedAlready || found?.user.passwordRevision !== before?.passwordRevision;
    if (sessionId === undefined || found === undefined || isLate) {
      // Changed or removed while the old password was being checked: this sign-in came too late to be ended with the rest.
      if (sessionId !== undefined) await this.#repositories.sessions.delete(sessionId);
      throw new PortholeError('wrong_password');
    }
    this.#log.info({ user: found.user.username, ip: request.ip }, 'signed in');
    await this.sessions.trim(found.user.id, sessionId);
    const setCookies = [...sessionCookies(opened.setCookies), this.#passwords.deviceCookie(found.user)];
    return { user: publicUser(found.user), sessionId, setCookies };
  }

  /**
   * Ends the sign-in of this Cookie header, if there is one, and its streams.
   *
   * @returns `unsaved` says that it could not be saved, and holds only until Porthole restarts
   */
  async signOut(cookieHeader: string): Promise<{ setCookies: readonly string[]; unsaved: PortholeError | null }> {
    const found = await this.#authenticator.session(cookieHeader);
    const setCookies = [clearedSessionCookie(this.#options.secureCookies)];
    if (found === undefined) return { setCookies, unsaved: null };
    const unsaved = await this.sessions.end(found.id);
    this.#log.info({ user: found.user.username }, 'signed out');
    return { setCookies, unsaved };
  }

  /**
   * Finds out who makes a request. Only the first of these credentials counts: an Authorization header (Bearer or Basic),
   * a token in the URL, the session cookie. A request without credentials is the public, if access is public.
   *
   * @returns null for nobody: no credentials, or wrong ones.
   * @throws {PortholeError} `too_many_requests` after too many wrong passwords, `sign_in_busy`.
   */
  async authenticate(
    headers: CredentialHeaders,
    queryToken: string | undefined,
    request: RequestFacts,
  ): Promise<Principal | null> {
    const principal = await this.#authenticator.authenticate(headers, queryToken, request);
    const now = principal === null ? null : this.#unwritten.apply(principal);
    // A sign-in that has ended leaves what everybody may do.
    if (now === null && principal?.kind === 'session') {
      return this.#authenticator.authenticate({}, undefined, request);
    }
    return now;
  }

  /** A new anonymous visitor: the id to keep their watching state under, and the cookie that brings it back. */
  newVisitor(): { sessionId: string; setCookies: readonly string[] } {
    const id = randomBytes(18).toString('base64url');
    return { sessionId: visitorSession(id), setCookies: [visitorSetCookie(id, this.#options.secureCookies)] };
  }

  // One's own account.

  /**
   * Changes one's password. All other sign-ins end; the one that asks stays, and so does its device.
   *
   * @throws {PortholeError} `not_signed_in`, `wrong_current_password`, `invalid_input`, `too_many_requests`,
   *   `sign_in_busy`.
   */
  async changePassword(
    who: Principal,
    input: { current: string; next: string },
  ): Promise<{ setCookies: readonly string[] }> {
    const user = signedIn(who);
    const next = checkPassword(input.next, 'next');
    if (!(await this.#passwords.verifyOwn(user, input.current))) {
      throw new PortholeError('wrong_current_password', { field: 'current' });
    }
    const keep = who.kind === 'session' ? who.sessionId : null;
    const unsaved = await this.#exclusively(() => this.#passwords.change(user, next, keep));
    this.#log.info({ user: user.username }, 'password changed');
    if (unsaved !== null) throw unsaved;
    if (who.kind !== 'session') return { setCookies: [] };
    return { setCookies: [this.#passwords.deviceCookie(await this.#repositories.users.existing(user.id))] };
  }

  // Revocation.

  /** Calls back in the moment grants end in this process; returns what stops that. */
  onRevoked(listener: RevocationListener): () => void {
    return this.#revocations.subscribe(listener);
  }

  /**
   * Which of these grants no longer hold: revoked here or by another process, or expired. Sign-ins asked about count as
   * in use.
   */
  async recheck(grants: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    return this.#revocations.recheck(grants);
  }

  /** Removes sign-ins that have expired. */
  async prune(): Promise<void> {
    await this.#repositories.sessions.prune();
  }

  /** Stops the timers; the database is the caller's. Safe to call again. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#revocations.close();
    await this.#unwritten.close();
    await this.#exclusively(() => undefined);
  }
}

function cleanUserAgent(userAgent: string | null): string | null {
  return userAgent?.replace(/[^\x20-\x7e]/g, '?').slice(0, 300) ?? null;
}
