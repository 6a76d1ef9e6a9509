import type { Accounts } from '../accounts/accounts.ts';

/** Knows whether set-up is still to be done; once it is done it stays so, and nobody has to ask again. */
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
