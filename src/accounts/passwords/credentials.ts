import { randomBytes } from 'node:crypto';
import { asPortholeError, PortholeError } from '../../domain/errors.ts';
import type { Role } from '../../domain/users/role.ts';
import { camerasToText, type UserRecord, type UserRepository } from '../user-repository.ts';
import { usernamePattern } from '../account-rules.ts';
import type { Auth, AuthOptions } from './auth.ts';

/** Who a user is to be. */
export interface NewUser {
  readonly username: string;
  readonly password: string;
  readonly role: Role;
  /** The cameras they may see; null for all. */
  readonly cameras: readonly string[] | null;
}

/** A sign-in that better-auth has just opened. */
export interface OpenedSession {
  readonly token: string;
  /** Complete Set-Cookie values, better-auth's own among them. */
  readonly setCookies: readonly string[];
}

/** Users' passwords: made, checked and changed by better-auth, which never sees a request. */
export class Credentials {
  readonly #options: AuthOptions;
  readonly #users: UserRepository;
  #auth: Promise<Auth> | undefined;

  constructor(options: AuthOptions, users: UserRepository) {
    this.#options = options;
    this.#users = users;
  }

  /** Loads better-auth, which takes a quarter of a second: not at the start, but before somebody waits for it. */
  load(): Promise<Auth> {
    this.#auth ??= import('./auth.ts').then(({ openAuth }) => openAuth(this.#options));
    return this.#auth;
  }

  /**
   * Makes a user; the input has been checked.
   *
   * @throws {PortholeError} `user_exists`.
   */
  async create({ username, password, role, cameras }: NewUser): Promise<UserRecord> {
    const exists = () => new PortholeError('user_exists', { field: 'username' });
    if ((await this.#users.byName(username)) !== undefined) throw exists();
    const { api } = await this.load();
    await api
      .createUser({
        body: {
          // Nobody is asked for an address, and this one cannot be reached; better-auth wants one that is unique.
          email: `${randomBytes(12).toString('hex')}@users.porthole.invalid`,
          name: username,
          password,
          // The plugin's types know only its own two roles.
          role: role as 'admin',
          data: { username, displayUsername: username, cameras: camerasToText(cameras) },
        },
      })
      .catch(async (error: unknown) => {
        if ((await this.#users.byName(username)) !== undefined) throw exists();
        throw asPortholeError(error);
      });
    const user = await this.#users.byName(username);
    if (user === undefined) {
      throw new PortholeError('internal', { detail: 'The user is not there after its creation.' });
    }
    return user;
  }

  /** Opens a session; null for a wrong name or password. */
  async signIn(username: string, password: string): Promise<OpenedSession | null> {
    const { api } = await this.load();
    try {
      const { response, headers } = await api.signInUsername({ body: { username, password }, returnHeaders: true });
      return { token: response.token, setCookies: headers.getSetCookie() };
    } catch (error) {
      if (isRefusal(error)) return null;
      throw asPortholeError(error);
    }
  }

  /** The user if the password is theirs; takes as long for a name that does not exist. */
  async verify(username: string, password: string): Promise<UserRecord | null> {
    const { context } = await this.load();
    const user = usernamePattern.test(username) ? await this.#users.byName(username) : undefined;
    const account = user === undefined ? null : await context.internalAdapter.findCredentialAccount(user.id);
    if (user === undefined || typeof account?.password !== 'string') {
      await context.password.hash(password.slice(0, 128));
      return null;
    }
    return (await context.password.verify({ hash: account.password, password })) ? user : null;
  }

  /** The hash of a password, which has been checked. */
  async hash(password: string): Promise<string> {
    const { context } = await this.load();
    return context.password.hash(password);
  }

  /** Gives a user a new password, by its hash. */
  async change(userId: string, hash: string): Promise<void> {
    const { context } = await this.load();
    await context.internalAdapter.updatePassword(userId, hash);
    await this.#users.passwordChanged(userId);
  }
}

/** True if better-auth said no to the person, rather than failed. */
function isRefusal(error: unknown): boolean {
  const { statusCode } = (error ?? {}) as { statusCode?: unknown };
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500;
}
