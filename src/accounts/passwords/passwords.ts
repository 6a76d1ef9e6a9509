import type { Logger } from 'pino';
import type { PortholeError } from '../../domain/errors.ts';
import type { User } from '../../domain/users/user.ts';
import { usernamePattern } from '../account-rules.ts';
import type { RequestFacts } from '../request-facts.ts';
import type { Revocations } from '../revocations.ts';
import type { SessionRepository } from '../session-repository.ts';
import type { UserRecord, UserRepository } from '../user-repository.ts';
import { addressKey, Attempts, type Attempt, type Tries } from './attempts.ts';
import type { AuthOptions } from './auth.ts';
import { Credentials, type NewUser, type OpenedSession } from './credentials.ts';
import { deviceSetCookie, hasDevice, readDevice } from './device-cookie.ts';
import { PasswordTurns } from './password-turns.ts';

/** Options of {@link Passwords}. */
export interface PasswordsOptions extends AuthOptions {
  readonly users: UserRepository;
  readonly sessions: SessionRepository;
  readonly revocations: Revocations;
}

/** Users' passwords. Everything that hashes one goes through here: in turns, and wrong ones are counted. */
export class Passwords {
  readonly #options: PasswordsOptions;
  readonly #users: UserRepository;
  readonly #log: Logger;
  readonly #credentials: Credentials;
  readonly #attempts = new Attempts();
  readonly #turns = new PasswordTurns();

  constructor(options: PasswordsOptions) {
    this.#options = options;
    this.#users = options.users;
    this.#log = options.log;
    this.#credentials = new Credentials(options, options.users);
  }

  /** Loads what checks passwords, which takes a quarter of a second, before somebody waits for it. */
  async load(): Promise<void> {
    await this.#credentials.load();
  }

  /** @throws {PortholeError} `too_many_requests` after too many wrong passwords for this name from there. */
  async ensureMayTry(username: string, request: RequestFacts): Promise<void> {
    this.#attempts.check(await this.#tries(username, request));
  }

  /**
   * The user with this name and password; null for wrong ones, which are counted.
   *
   * @throws {PortholeError} `too_many_requests` after too many wrong ones, `sign_in_busy` if too many wait.
   */
  async verify(username: string, password: string, request: RequestFacts): Promise<UserRecord | null> {
    const tries = await this.#tries(username, request);
    const user = await this.#check(tries, () => this.#credentials.verify(username, password));
    if (user === null) this.#logWrong(request);
    return user;
  }

  /** True if this is the password of somebody who is signed in; counts like {@link verify}. */
  async verifyOwn(user: User, password: string): Promise<boolean> {
    // Signed in already, so they count for themselves and lock nobody out.
    const tries = { account: accountKey(user.username), ip: '', device: `user ${user.id}` };
    return (await this.#check(tries, () => this.#credentials.verify(user.username, password))) !== null;
  }

  /**
   * Opens a session; null for a wrong name or password, which counts like {@link verify}.
   *
   * @returns also the user as they were just before
   */
  async signIn(
    username: string,
    password: string,
    request: RequestFacts,
  ): Promise<(OpenedSession & { readonly before: UserRecord | undefined }) | null> {
    const tries = await this.#tries(username, request);
    const opened = await this.#check(tries, async () => {
      const before = await this.#users.byName(username);
      const session = await this.#credentials.signIn(username, password);
      return session === null ? null : { ...session, before };
    });
    if (opened === null) this.#logWrong(request);
    return opened;
  }

  /** Counts the try of a code that needs no hash. @throws {PortholeError} `too_many_requests`. */
  beginCode({ ip }: RequestFacts): Attempt {
    return this.#attempts.begin({ account: null, ip, device: null });
  }

  /**
   * Makes a user; the input has been checked.
   *
   * @throws {PortholeError} `user_exists`.
   */
  async create(user: NewUser): Promise<UserRecord> {
    return this.#ownTurn(() => this.#credentials.create(user));
  }

  /**
   * Gives a user a new password, which has been checked, and ends their sign-ins.
   *
   * @param keepSession the id of a sign-in that stays
   * @returns what to tell the person if it could not be written, else null
   */
  async change(user: User, password: string, keepSession: string | null): Promise<PortholeError | null> {
    const hash = await this.#ownTurn(() => this.#credentials.hash(password));
    return this.#options.revocations.end({
      ends: (grant) =>
        grant.userId === user.id && (grant.kind === 'user' || (grant.kind === 'session' && grant.id !== keepSession)),
      write: async () => {
        await this.#credentials.change(user.id, hash);
        await this.#options.sessions.deleteAll(user.id, keepSession);
      },
    });
  }

  /** A Set-Cookie value by which the browser is known that this user has signed in with. */
  deviceCookie(owner: UserRecord): string {
    return deviceSetCookie(owner, this.#options.secret, this.#options.secureCookies);
  }

  /** @param check resolves to null if the password is wrong */
  async #check<T>(tries: Tries, check: () => Promise<T | null>): Promise<T | null> {
    // Those that are locked out take nobody's place in the queue.
    this.#attempts.check(tries);
    const { device, ip } = tries;
    return this.#turns.run({ key: device ?? addressKey(ip), trusted: device !== null }, async () => {
      const attempt = this.#attempts.begin(tries);
      try {
        const result = await check();
        if (result !== null) attempt.succeeded();
        return result;
      } catch (error) {
        attempt.withdraw();
        throw error;
      }
    });
  }

  /** Makes a hash for somebody who may do so, such as an admin who adds a user. */
  async #ownTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.run({ key: 'own', trusted: true }, work);
  }

  /** Who tries a password for this name. */
  async #tries(username: string, { ip, cookie }: RequestFacts): Promise<Tries> {
    const account = accountKey(username);
    if (account === '' || !hasDevice(cookie)) return { account, ip, device: null };
    const owner = await this.#users.byName(username);
    return { account, ip, device: readDevice(cookie, owner, this.#options.secret) };
  }

  #logWrong({ ip }: RequestFacts): void {
    this.#log.warn({ ip }, 'wrong user name or password');
  }
}

/** Tries with impossible names count together: they are not worth remembering one by one. */
function accountKey(username: string): string {
  return usernamePattern.test(username) ? username.toLowerCase() : '';
}
