import { addressKey, Attempts, type Tries } from './attempts.ts';
import { PasswordTurns } from './password-turns.ts';

/** Everything that hashes a password goes through here: in turns, and wrong ones are counted. */
export class PasswordGuard {
  readonly #attempts = new Attempts();
  readonly #turns = new PasswordTurns();

  /**
   * Checks a password.
   *
   * @param check resolves to null if the password is wrong
   * @throws {PortholeError} `too_many_requests` after too many wrong ones, `sign_in_busy` if too many wait.
   */
  async check<T>(tries: Tries, check: () => Promise<T | null>): Promise<T | null> {
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
  async make<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.run({ key: 'own', trusted: true }, work);
  }

  /** @throws {PortholeError} `too_many_requests` after too many wrong passwords. */
  ensureMayTry(tries: Tries): void {
    this.#attempts.check(tries);
  }

  /** Counts the try of a code that needs no hash. @throws {PortholeError} `too_many_requests`. */
  begin(tries: Tries): ReturnType<Attempts['begin']> {
    return this.#attempts.begin(tries);
  }
}
