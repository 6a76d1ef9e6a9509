import { createHmac, randomBytes } from 'node:crypto';
import type { UserRecord } from '../user-repository.ts';

/** A check that is running or was made, and when it is forgotten. */
interface Check {
  readonly result: Promise<UserRecord | null>;
  /** Milliseconds of `performance.now()`. */
  readonly until: number;
}

/** How long a right password is remembered, in milliseconds. */
const rememberedMs = 60_000;
const capacity = 1000;

/**
 * Remembers for a minute which passwords were right, for programs that send them with every request: hashing each time
 * would cost a tenth of a second of a core. Passwords themselves are not kept, only a keyed hash that means nothing
 * outside this process. Wrong ones are not remembered.
 */
export class PasswordChecks {
  readonly #key = randomBytes(32);
  readonly #checks = new Map<string, Check>();

  /** The remembered or running check of this name and password; else `check`, made once however many ask. */
  async once(username: string, password: string, check: () => Promise<UserRecord | null>): Promise<UserRecord | null> {
    const key = createHmac('sha256', this.#key).update(`${username.toLowerCase()}\0${password}`).digest('base64');
    const known = this.#checks.get(key);
    if (known !== undefined && known.until > performance.now()) return known.result;
    this.#makeRoom();
    const made: Check = { result: check(), until: performance.now() + rememberedMs };
    this.#checks.delete(key);
    this.#checks.set(key, made);
    const forget = () => {
      if (this.#checks.get(key) === made) this.#checks.delete(key);
    };
    made.result.then((user) => user ?? forget(), forget);
    return made.result;
  }

  /** Forgets everything: something about users or their passwords has changed. */
  clear(): void {
    this.#checks.clear();
  }

  #makeRoom(): void {
    if (this.#checks.size < capacity) return;
    const [oldest] = this.#checks.keys();
    if (oldest !== undefined) this.#checks.delete(oldest);
  }
}
