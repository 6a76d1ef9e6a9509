import { randomBytes } from 'node:crypto';
import pLimit from 'p-limit';
import type { Logger } from 'pino';
import { PortholeError } from '../domain/errors.ts';
import type { Role } from '../domain/users/role.ts';
import type { Principal, SessionInfo, User } from '../domain/users/user.ts';
import type { Database } from '../store/database.ts';
import { SessionRepository } from './session-repository.ts';
import { TokenRepository } from './token-repository.ts';
import { camerasToText, UserRepository, type UserRecord } from './user-repository.ts';
import { checkCameras, checkPassword, checkRole, checkUsername, usernamePattern } from './account-rules.ts';
import { ApiTokens } from './api-tokens.ts';
import type { Tries } from './passwords/attempts.ts';
import type { PasswordHash } from './passwords/auth.ts';
import {
  Authenticator,
  principal,
  publicUser,
  visitorSession,
  type CredentialHeaders,
  type RequestFacts,
} from './authenticator.ts';
import { Credentials, type NewUser } from './passwords/credentials.ts';
import { deviceSetCookie, hasDevice, readDevice } from './passwords/device-cookie.ts';
import type { Grant } from './grants.ts';
import { PasswordGuard } from './passwords/password-guard.ts';
import { Revocations, type RevocationListener } from './revocations.ts';
import { isUnwritten, UnwrittenRevocations, type Revocation } from './unwritten-revocations.ts';
import {
  clearedSessionCookie,
  sessionCookies,
  sessionLifetimeMs,
  sessionRefreshMs,
  visitorSetCookie,
} from './session-cookie.ts';

import { newSetupCode, sameCode } from './setup-code.ts';
import { signedIn } from './signed-in.ts';
import { sentence } from '../messages/sentence.ts';

export type { CredentialHeaders, RequestFacts } from './authenticator.ts';

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
/** The number of sign-ins that one user has; a further one ends the one that was not seen for the longest time. */
const mostSessions = 100;
/** How long after the start better-auth is loaded, unless somebody needs it sooner, in milliseconds. */
const warmUpAfter = 3000;

/** Who may do what: set-up, sign-in, users and sessions; and API tokens. */
export class Accounts {
  readonly tokens: ApiTokens;
  readonly #options: AccountsOptions;
  readonly #log: Logger;
  /** Runs one change of users and passwords at a time. */
  readonly #exclusively = pLimit(1);
  readonly #users: UserRepository;
  readonly #sessions: SessionRepository;
  readonly #guard = new PasswordGuard();
  readonly #authenticator: Authenticator;
  readonly #revocations: Revocations;
  readonly #unwritten: UnwrittenRevocations;
  readonly #credentials: Credentials;
  readonly #timers: NodeJS.Timeout[] = [];
  #setupCode: string | null = null;

  private constructor(options: AccountsOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#users = new UserRepository(options.database);
    this.#sessions = new SessionRepository(options.database, lifetime);
    const tokens = new TokenRepository(options.database);
    this.#credentials = new Credentials(options, this.#users);
    const parts = { users: this.#users, sessions: this.#sessions, tokens, log: options.log };
    this.#revocations = new Revocations(parts);
    this.#unwritten = new UnwrittenRevocations(options.log);
    this.#authenticator = new Authenticator({
      ...parts,
      secret: options.secret,
      access: options.access,
      ensureMayTry: async (username, request) => this.#guard.ensureMayTry(await this.#tries(username, request)),
      checkPassword: (username, password, request) => this.#checkPassword(username, password, request),
    });
    this.tokens = new ApiTokens({
      ...parts,
      exclusively: (work) => this.#exclusively(work),
      revoking: (revocation) => this.#revoking(revocation),
    });
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
    if ((await this.#users.list()).length === 0) {
      if (adminPassword === undefined) this.#setupCode = setupCode ?? newSetupCode();
      else await this.#createFirstAdmin(adminPassword);
    }
    const prune = () => void this.prune().catch((err: unknown) => this.#log.warn({ err }, 'expired sessions stay'));
    this.#timers.push(setInterval(prune, pruneEvery).unref());
    const warmUp = () => void this.#credentials.load().catch(() => {});
    this.#timers.push(setTimeout(warmUp, warmUpAfter).unref());
  }

  async #createFirstAdmin(password: string): Promise<void> {
    checkPassword(password, 'PORTHOLE_ADMIN_PASSWORD');
    await this.#guard
      .make(() => this.#credentials.create({ username: 'admin', password, role: 'admin', cameras: null }))
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
    if (await this.#users.isEmpty()) return true;
    this.#setupCode = null;
    return false;
  }

  /**
   * Checks the one-time code of set-up; a wrong one counts as a try.
   *
   * @throws {PortholeError} `setup_code_wrong`, `too_many_requests`.
   */
  checkSetupCode(code: string, request: RequestFacts): void {
    const attempt = this.#guard.begin({ account: null, ip: request.ip, device: null });
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
      await this.#guard.make(() => this.#credentials.create({ username, password, role: 'admin', cameras: null }));
      this.#setupCode = null;
    });
    this.#log.info({ user: input.username, ip: request.ip }, 'set up');
    return this.signIn(input, request);
  }

  // Sign-in.

  /** @throws {PortholeError} `wrong_password`, `too_many_requests`, `sign_in_busy`. */
  async signIn(input: { username: string; password: string }, request: RequestFacts): Promise<SignedIn> {
    const { username, password } = input;
    const tries = await this.#tries(username, request);
    let before: UserRecord | undefined;
    const opened = await this.#guard.check(tries, async () => {
      before = await this.#users.byName(username);
      return this.#credentials.signIn(username, password);
    });
    if (opened === null) {
      this.#log.warn({ ip: request.ip }, 'wrong user name or password');
      throw new PortholeError('wrong_password');
    }
    const { token } = opened;
    const sessionId = await this.#sessions.describe(token, request.ip, cleanUserAgent(request.userAgent));
    const found = await this.#sessions.use(token);
    const endedAlready =
      found !== undefined && this.#unwritten.apply(principal('session', found.id, found.user)) === null;
    const isLate = endedAlready || found?.user.passwordRevision !== before?.passwordRevision;
    if (sessionId === undefined || found === undefined || isLate) {
      // Changed or removed while the old password was being checked: this sign-in came too late to be ended with the rest.
      if (sessionId !== undefined) await this.#sessions.delete(sessionId);
      throw new PortholeError('wrong_password');
    }
    this.#log.info({ user: found.user.username, ip: request.ip }, 'signed in');
    const ended = await this.#sessions.trim(found.user.id, mostSessions, sessionId);
    if (ended.length > 0) this.#revoke((grant) => grant.kind === 'session' && ended.includes(grant.id));
    const setCookies = [...sessionCookies(opened.setCookies), this.#deviceCookie(found.user)];
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
    const unsaved = await this.#revoking({
      ends: (grant) => grant.kind === 'session' && grant.id === found.id,
      write: () => this.#sessions.delete(found.id),
    });
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
    // Signed in already, so they count for themselves and lock nobody out.
    const tries = { account: accountKey(user.username), ip: '', device: `user ${user.id}` };
    if ((await this.#guard.check(tries, () => this.#credentials.verify(user.username, input.current))) === null) {
      throw new PortholeError('wrong_current_password', { field: 'current' });
    }
    const keep = who.kind === 'session' ? who.sessionId : null;
    const unsaved = await this.#exclusively(() => this.#setPassword(user, next, keep));
    this.#log.info({ user: user.username }, 'password changed');
    if (unsaved !== null) throw unsaved;
    return { setCookies: who.kind === 'session' ? [this.#deviceCookie(await this.#existing(user.id))] : [] };
  }

  /** One's own sign-ins. */
  async sessions(who: Principal): Promise<readonly SessionInfo[]> {
    const rows = await this.#sessions.list(signedIn(who).id);
    return rows.map(({ userId: _, ...session }) => ({ ...session, current: session.id === who.sessionId }));
  }

  /**
   * Ends one of one's own sign-ins, or, as an admin, anybody's.
   *
   * @throws {PortholeError} `session_not_found`.
   */
  async revokeSession(who: Principal, id: string): Promise<void> {
    const user = signedIn(who);
    const owner = await this.#sessions.ownerOf(id);
    if (owner === undefined || (who.role !== 'admin' && owner !== user.id)) {
      throw new PortholeError('session_not_found');
    }
    const unsaved = await this.#revoking({
      ends: (grant) => grant.kind === 'session' && grant.id === id,
      write: () => this.#sessions.delete(id),
    });
    this.#log.info({ user: user.username }, 'session revoked');
    if (unsaved !== null) throw unsaved;
  }

  // Users.

  /** All users, by name. */
  async users(): Promise<readonly User[]> {
    return (await this.#users.list()).map(publicUser);
  }

  /**
   * Adds a user; the first one must be an admin.
   *
   * @throws {PortholeError} `invalid_input`, `user_exists`.
   */
  async addUser(input: NewUser): Promise<User> {
    const username = checkUsername(input.username);
    const password = checkPassword(input.password);
    const role = checkRole(input.role);
    const cameras = checkCameras(input.cameras);
    const user = await this.#exclusively(async () => {
      if (role !== 'admin' && (await this.#users.isEmpty())) {
        throw new PortholeError('invalid_input', { field: 'role', message: sentence('account_rule_first_user') });
      }
      return this.#guard.make(() => this.#credentials.create({ username, password, role, cameras }));
    });
    this.#log.info({ user: username, role }, 'user added');
    return publicUser(user);
  }

  /**
   * Changes a user. A new role or camera list ends the user's streams, a new password their sign-ins. Their tokens end
   * only with `revokeTokens`.
   *
   * @throws {PortholeError} `user_not_found`, `last_admin`, `invalid_input`.
   */
  async updateUser(
    id: string,
    changes: {
      role?: Role | undefined;
      cameras?: readonly string[] | null | undefined;
      password?: string | undefined;
      revokeTokens?: boolean | undefined;
    },
  ): Promise<User> {
    const role = changes.role === undefined ? undefined : checkRole(changes.role);
    const cameras = changes.cameras === undefined ? undefined : checkCameras(changes.cameras);
    const password = changes.password === undefined ? undefined : checkPassword(changes.password);
    return this.#exclusively(async () => {
      const user = await this.#existing(id);
      const newRole = role === user.role ? undefined : role;
      const newCameras = camerasEqual(cameras, user.cameras) ? undefined : cameras;
      const unsaved: (PortholeError | null)[] = [];
      if (newRole !== undefined || newCameras !== undefined) {
        unsaved.push(await this.#changeAccess(user, newRole, newCameras));
      }
      if (password !== undefined) unsaved.push(await this.#setPassword(user, password, null));
      const { revokeTokens = false } = changes;
      if (revokeTokens) {
        const ends = (grant: Grant): boolean => grant.kind === 'token' && grant.userId === id;
        unsaved.push(await this.#revoking({ ends, write: () => this.tokens.deleteAllOf(id) }));
      }
      const facts = { user: user.username, role, cameras, newPassword: password !== undefined, revokeTokens };
      this.#log.info(facts, 'user changed');
      throwFirst(unsaved);
      return publicUser(await this.#existing(id));
    });
  }

  /**
   * Removes a user with their sign-ins and tokens.
   *
   * @throws {PortholeError} `user_not_found`, `last_admin`.
   */
  async removeUser(id: string): Promise<void> {
    await this.#exclusively(async () => {
      const user = await this.#existing(id);
      const unsaved = await this.#revoking({
        ends: (grant) => grant.userId === id,
        mayEnd: () => this.#isOtherAdmin(user),
        write: async () => {
          if (!(await this.#users.remove(id))) throw new PortholeError('last_admin');
        },
      });
      this.#log.info({ user: user.username }, 'user removed');
      if (unsaved !== null) throw unsaved;
    });
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

  /**
   * Revokes in any case: what can't be written holds in this process.
   *
   * @param revocation.mayEnd asked if it can't be written, when the database can't decide
   * @returns what to tell the person if it could not be written, else null
   */
  async #revoking(
    revocation: Revocation & { readonly mayEnd?: () => Promise<boolean> },
  ): Promise<PortholeError | null> {
    const { ends, access, write, mayEnd } = revocation;
    let unsaved: PortholeError | null = null;
    try {
      await write();
    } catch (error) {
      if (!isUnwritten(error)) throw error;
      if ((await mayEnd?.()) === false) throw new PortholeError('last_admin');
      unsaved = this.#unwritten.hold(revocation, error);
    }
    this.#revoke((grant) => ends?.(grant) === true || grant.userId === access?.userId);
    return unsaved;
  }

  async #changeAccess(
    user: UserRecord,
    role: Role | undefined,
    cameras: readonly string[] | null | undefined,
  ): Promise<PortholeError | null> {
    const change = { ...(role === undefined ? {} : { role }), ...(cameras === undefined ? {} : { cameras }) };
    return this.#revoking({
      access: { userId: user.id, role, cameras },
      mayEnd: async () => role === undefined || role === 'admin' || (await this.#isOtherAdmin(user)),
      write: async () => {
        const changed = await this.#users.changeAccess(user.id, change);
        if (!changed) throw new PortholeError('last_admin', { field: 'role' });
      },
    });
  }

  /** True if there is an admin other than this user. */
  async #isOtherAdmin({ id }: User): Promise<boolean> {
    return (await this.#users.list()).some((user) => user.id !== id && this.#unwritten.roleOf(user) === 'admin');
  }

  #revoke(matches: (grant: Grant) => boolean): void {
    this.#authenticator.forget();
    this.#revocations.revoke(matches);
  }

  /** Removes sign-ins that have expired. */
  async prune(): Promise<void> {
    await this.#sessions.prune();
  }

  /** Stops the timers; the database is the caller's. Safe to call again. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#revocations.close();
    await this.#unwritten.close();
    await this.#exclusively(() => undefined);
  }

  // Shared by the above.

  async #checkPassword(username: string, password: string, request: RequestFacts): Promise<UserRecord | null> {
    const tries = await this.#tries(username, request);
    const user = await this.#guard.check(tries, () => this.#credentials.verify(username, password));
    if (user === null) this.#log.warn({ ip: request.ip }, 'wrong user name or password');
    return user;
  }

  /** Who tries a password for this name. */
  async #tries(username: string, { ip, cookie }: RequestFacts): Promise<Tries> {
    const account = accountKey(username);
    if (account === '' || !hasDevice(cookie)) return { account, ip, device: null };
    const owner = await this.#users.byName(username);
    return { account, ip, device: readDevice(cookie, owner, this.#options.secret) };
  }

  #deviceCookie(owner: UserRecord): string {
    return deviceSetCookie(owner, this.#options.secret, this.#options.secureCookies);
  }

  async #setPassword(user: User, password: string, keepSession: string | null): Promise<PortholeError | null> {
    const hash = await this.#guard.make(() => this.#credentials.hash(password));
    return this.#revoking({
      ends: (grant) =>
        grant.userId === user.id && (grant.kind === 'user' || (grant.kind === 'session' && grant.id !== keepSession)),
      write: async () => {
        await this.#credentials.change(user.id, hash);
        await this.#sessions.deleteAll(user.id, keepSession);
      },
    });
  }

  async #existing(id: string): Promise<UserRecord> {
    const user = await this.#users.byId(id);
    if (user === undefined) throw new PortholeError('user_not_found');
    return user;
  }
}

function throwFirst(errors: readonly (PortholeError | null)[]): void {
  const first = errors.find((error) => error !== null);
  if (first !== undefined) throw first;
}

/** Tries with impossible names count together: they are not worth remembering one by one. */
function accountKey(username: string): string {
  return usernamePattern.test(username) ? username.toLowerCase() : '';
}

function camerasEqual(a: readonly string[] | null | undefined, b: readonly string[] | null): boolean {
  if (a === undefined || a === null || b === null) return a === b;
  return camerasToText([...a].sort()) === camerasToText([...b].sort());
}

function cleanUserAgent(userAgent: string | null): string | null {
  return userAgent?.replace(/[^\x20-\x7e]/g, '?').slice(0, 300) ?? null;
}
