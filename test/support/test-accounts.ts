import { pino } from 'pino';
import type { Role } from '../../src/domain/users/role.ts';
import type { Principal } from '../../src/domain/users/user.ts';
import { loadSecret } from '../../src/store/data-folder.ts';
import { openTestDatabase, type TestEngine } from '../../src/store/test-databases.ts';
import { Accounts, type AccountsOptions, type SignedIn } from '../../src/accounts/accounts.ts';
import { cheapHash } from './cheap-hash.ts';

/** The password of every user of {@link openTestAccounts}. */
export const password = 'correct horse';
/** A request from a browser at home. */
export const home = { ip: '192.0.2.1', userAgent: 'Browser/1.0' };

/** The session cookie of a fresh sign-in, as a Cookie header. */
export const cookieOf = (signedIn: SignedIn) => signedIn.setCookies[0]?.split(';')[0] ?? '';

/** An Authorization header with a name and password. */
export const basic = (name: string, secret: string) => `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`;

/** Accounts on a database of their own, and what tests ask of them. Nobody has set them up. */
export async function openTestAccounts(
  options: Partial<AccountsOptions> = {},
  engine: TestEngine = { kind: 'sqlite' },
) {
  const test = await openTestDatabase(engine);
  const lines: string[] = [];
  const base: AccountsOptions = {
    database: test.database,
    log: pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) }),
    secret: await loadSecret(test.dataFolder),
    secureCookies: false,
    access: 'private',
    setupCode: 'the-code',
    passwordHash: cheapHash,
    ...options,
  };
  const accounts = await Accounts.open(base).catch(async (error: unknown) => {
    await test[Symbol.asyncDispose]();
    throw error;
  });
  const revoked: ((grant: string) => boolean)[] = [];
  accounts.onRevoked((matches) => revoked.push(matches));
  const others: Accounts[] = [];
  return {
    ...test,
    accounts,
    lines,
    /** Whether this process was told that the grant has ended. */
    wasRevoked: (principal: Principal | null) => revoked.some((matches) => matches(principal?.grant ?? '')),
    /** The accounts as another process has them. */
    async elsewhere(more: Partial<AccountsOptions> = {}) {
      const other = await Accounts.open({ ...base, ...more, database: await test.reopen() });
      others.push(other);
      return other;
    },
    async setUp() {
      return accounts.setUp({ code: 'the-code', username: 'Ada', password }, home);
    },
    async add(username: string, role: Role = 'viewer', cameras: readonly string[] | null = null) {
      const user = await accounts.users.add({ username, password, role, cameras });
      const signedIn = await accounts.signIn({ username, password }, home);
      return { user, cookie: cookieOf(signedIn), principal: await this.byCookie(cookieOf(signedIn)) };
    },
    async byCookie(cookie: string): Promise<Principal> {
      const principal = await accounts.authenticate({ cookie }, undefined, home);
      if (principal === null) throw new Error('not signed in');
      return principal;
    },
    async [Symbol.asyncDispose]() {
      for (const one of [accounts, ...others]) await one.close();
      await test[Symbol.asyncDispose]();
    },
  };
}

/** True if the accounts, asked again, say that a principal's grant has ended. */
export const ended = async (accounts: Accounts, principal: Principal | null) =>
  (await accounts.recheck(new Set([principal?.grant ?? '']))).size === 1;
