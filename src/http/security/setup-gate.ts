import type { Accounts } from '../../accounts/accounts.ts';

/** Remembers that set-up is done, so that the database is asked only until then. */
export class SetupGate {
  readonly #accounts: Pick<Accounts, 'needsSetup'>;
  #done = false;

  constructor(accounts: Pick<Accounts, 'needsSetup'>) {
    this.#accounts = accounts;
  }

  /** True while no user exists. */
  async needsSetup(): Promise<boolean> {
    if (this.#done) return false;
    this.#done = !(await this.#accounts.needsSetup());
    return !this.#done;
  }
}
