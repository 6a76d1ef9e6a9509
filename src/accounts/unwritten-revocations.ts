import type { Logger } from 'pino';
import { PortholeError } from '../domain/errors.ts';
import type { Role } from '../domain/users/role.ts';
import { camerasOfBoth } from '../domain/users/token-scope.ts';
import type { Principal, User } from '../domain/users/user.ts';
import { storageError } from '../store/errors.ts';
import { parseGrant, type Grant } from './grants.ts';
import { sentence } from '../messages/sentence.ts';

/** How often revocations are tried to be written again, in milliseconds. */
const retryEvery = 5000;

/** A revocation, or a change of a user's permissions. */
export interface Revocation {
  /** True for the grants that end, for as long as it isn't written. */
  readonly ends?: (grant: Grant) => boolean;
  /** The user's permissions from now on. */
  readonly access?: {
    readonly userId: string;
    readonly role?: Role | undefined;
    readonly cameras?: readonly string[] | null | undefined;
  };
  /** Writes it; may be called again after it failed. */
  readonly write: () => Promise<unknown>;
  /** False if it would take the last admin away. Asked if it can't be written, when the database can't decide. */
  readonly mayEnd?: () => Promise<boolean>;
}

/**
 * Revocations that could not be written, because the disk is full or the database is away. They hold in this process, and
 * are written as soon as that works.
 */
export class UnwrittenRevocations {
  readonly #log: Logger;
  readonly #held = new Set<Revocation>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | null = null;

  constructor(log: Logger) {
    this.#log = log;
  }

  /**
   * Holds a revocation whose writing has failed.
   *
   * @returns what to tell the person
   */
  hold(revocation: Revocation, thrown: unknown): PortholeError {
    const error = storageError(thrown);
    this.#held.add(revocation);
    this.#timer ??= setInterval(() => void this.write(), retryEvery).unref();
    this.#log.warn({ err: thrown }, 'a revocation could not be written; it holds until Porthole restarts');
    return new PortholeError(error.code, {
      message: sentence('account_unsaved', { why: error.sentence ?? error.message }),
      ...(error.detail === undefined ? {} : { detail: error.detail }),
      cause: thrown,
    });
  }

  /** The role that a user has now. */
  roleOf(user: User): Role {
    const roles = [...this.#held].map(({ access }) => (access?.userId === user.id ? access.role : undefined));
    return roles.findLast((role) => role !== undefined) ?? user.role;
  }

  /** The remaining permissions of a principal; null if its grant has ended. */
  apply(principal: Principal): Principal | null {
    if (this.#held.size === 0) return principal;
    const grant = parseGrant(principal.grant);
    if (grant === undefined) return principal;
    let now: Principal = principal;
    for (const { ends, access } of this.#held) {
      if (ends?.(grant) === true) return null;
      if (access?.userId !== grant.userId) continue;
      const cameras = access.cameras === undefined ? now.cameras : access.cameras;
      if (now.user === null) {
        // A token that only watches acts for nobody.
        now = { ...now, cameras: camerasOfBoth(now.cameras, cameras) };
        continue;
      }
      const role = access.role ?? now.role;
      now = { ...now, role, cameras, user: { ...now.user, role, cameras } };
    }
    return now;
  }

  /** Writes what can be written now. */
  async write(): Promise<void> {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = null;
    });
    await this.#writing;
  }

  /** Tries once more, and stops. Idempotent. */
  async close(): Promise<void> {
    await this.write();
    clearInterval(this.#timer);
  }

  async #writeAll(): Promise<void> {
    for (const revocation of this.#held) {
      try {
        await revocation.write();
        this.#log.info({}, 'a revocation is now written');
      } catch (error) {
        // Later ones build on it.
        if (isUnwritten(error)) return;
        this.#log.error({ err: error }, 'a revocation can no longer be written');
      }
      this.#held.delete(revocation);
    }
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** True if an error says that the database could not be written, and not that something is wrong with the request. */
export function isUnwritten(error: unknown): boolean {
  if (!(error instanceof PortholeError)) return true;
  return error.code === 'disk_full' || error.code === 'storage_failed' || error.code === 'database_unavailable';
}
