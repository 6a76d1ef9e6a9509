import type { Logger } from 'pino';
import { PortholeError } from '../domain/errors.ts';
import type { Role } from '../domain/users/role.ts';
import type { User } from '../domain/users/user.ts';
import { sentence } from '../messages/sentence.ts';
import { checkCameras, checkPassword, checkRole, checkUsername } from './account-rules.ts';
import { publicUser } from './authenticator.ts';
import type { NewUser } from './passwords/credentials.ts';
import type { Passwords } from './passwords/passwords.ts';
import type { Revocations } from './revocations.ts';
import type { TokenRepository } from './token-repository.ts';
import type { UnwrittenRevocations } from './unwritten-revocations.ts';
import { camerasToText, type UserRecord, type UserRepository } from './user-repository.ts';

/** What {@link Users} uses. */
export interface UsersOptions {
  readonly users: UserRepository;
  readonly tokens: TokenRepository;
  readonly passwords: Passwords;
  readonly revocations: Revocations;
  readonly unwritten: UnwrittenRevocations;
  readonly log: Logger;
  /** Runs one change of accounts at a time. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
}

/** The users, as admins manage them. One of them is always an admin. */
export class Users {
  readonly #options: UsersOptions;
  readonly #users: UserRepository;
  readonly #passwords: Passwords;
  readonly #revocations: Revocations;
  readonly #log: Logger;
  readonly #exclusively: UsersOptions['exclusively'];

  constructor(options: UsersOptions) {
    this.#options = options;
    this.#users = options.users;
    this.#passwords = options.passwords;
    this.#revocations = options.revocations;
    this.#log = options.log;
    this.#exclusively = options.exclusively;
  }

  /** All users, by name. */
  async list(): Promise<readonly User[]> {
    return (await this.#users.list()).map(publicUser);
  }

  /**
   * Adds a user; the first one must be an admin.
   *
   * @throws {PortholeError} `invalid_input`, `user_exists`.
   */
  async add(input: NewUser): Promise<User> {
    const username = checkUsername(input.username);
    const password = checkPassword(input.password);
    const role = checkRole(input.role);
    const cameras = checkCameras(input.cameras);
    const user = await this.#exclusively(async () => {
      if (role !== 'admin' && (await this.#users.isEmpty())) {
        throw new PortholeError('invalid_input', { field: 'role', message: sentence('account_rule_first_user') });
      }
      return this.#passwords.create({ username, password, role, cameras });
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
  async update(
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
      const user = await this.#users.existing(id);
      const newRole = role === user.role ? undefined : role;
      const newCameras = camerasEqual(cameras, user.cameras) ? undefined : cameras;
      const unsaved: (PortholeError | null)[] = [];
      if (newRole !== undefined || newCameras !== undefined) {
        unsaved.push(await this.#changeAccess(user, newRole, newCameras));
      }
      if (password !== undefined) unsaved.push(await this.#passwords.change(user, password, null));
      const { revokeTokens = false } = changes;
      if (revokeTokens) {
        unsaved.push(
          await this.#revocations.end({
            ends: (grant) => grant.kind === 'token' && grant.userId === id,
            write: () => this.#options.tokens.deleteAll(id),
          }),
        );
      }
      const facts = { user: user.username, role, cameras, newPassword: password !== undefined, revokeTokens };
      this.#log.info(facts, 'user changed');
      throwFirst(unsaved);
      return publicUser(await this.#users.existing(id));
    });
  }

  /**
   * Removes a user with their sign-ins and tokens.
   *
   * @throws {PortholeError} `user_not_found`, `last_admin`.
   */
  async remove(id: string): Promise<void> {
    await this.#exclusively(async () => {
      const user = await this.#users.existing(id);
      const unsaved = await this.#revocations.end({
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

  async #changeAccess(
    user: UserRecord,
    role: Role | undefined,
    cameras: readonly string[] | null | undefined,
  ): Promise<PortholeError | null> {
    const change = { ...(role === undefined ? {} : { role }), ...(cameras === undefined ? {} : { cameras }) };
    return this.#revocations.end({
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
    const { unwritten } = this.#options;
    return (await this.#users.list()).some((user) => user.id !== id && unwritten.roleOf(user) === 'admin');
  }
}

function throwFirst(errors: readonly (PortholeError | null)[]): void {
  const first = errors.find((error) => error !== null);
  if (first !== undefined) throw first;
}

function camerasEqual(a: readonly string[] | null | undefined, b: readonly string[] | null): boolean {
  if (a === undefined || a === null || b === null) return a === b;
  return camerasToText([...a].sort()) === camerasToText([...b].sort());
}
