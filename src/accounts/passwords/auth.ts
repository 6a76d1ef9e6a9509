import { kyselyAdapter } from '@better-auth/kysely-adapter';
import { betterAuth } from 'better-auth/minimal';
import { admin } from 'better-auth/plugins/admin';
import { username } from 'better-auth/plugins/username';
import type { Logger } from 'pino';
import type { Database } from '../../store/database.ts';
import { passwordLength, usernamePattern } from '../account-rules.ts';
import { sessionCookie, sessionLifetimeMs, sessionRefreshMs } from '../session-cookie.ts';

/** Hashes passwords, and checks them against stored hashes. */
export interface PasswordHash {
  hash(password: string): Promise<string>;
  verify(stored: { readonly hash: string; readonly password: string }): Promise<boolean>;
}

/** Options of {@link openAuth}. */
export interface AuthOptions {
  readonly database: Database;
  readonly secret: string;
  readonly secureCookies: boolean;
  readonly log: Logger;
  /** How passwords are stored; better-auth's scrypt by default. */
  readonly passwordHash?: PasswordHash | undefined;
}

/** better-auth, used for its server API alone: its HTTP handler is never mounted. */
export type Auth = Awaited<ReturnType<typeof openAuth>>;

/**
 * Sets up better-auth on Porthole's tables: users, sessions, and passwords hashed with scrypt. This module is loaded when
 * somebody first signs in, because it takes longer to load than the rest of the server.
 */
export async function openAuth(options: AuthOptions) {
  const { database, log } = options;
  const auth = betterAuth({
    appName: 'Porthole',
    // Only for links in emails and redirects, which Porthole has none of.
    baseURL: 'http://porthole.invalid',
    secret: options.secret,
    database: kyselyAdapter(database.kysely, { type: database.kind, transaction: true }),
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    logger: {
      level: 'error',
      log: (level, message) => log[level === 'error' ? 'error' : 'debug']({ from: 'better-auth' }, message),
    },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: passwordLength.least,
      maxPasswordLength: passwordLength.most,
      ...(options.passwordHash === undefined ? {} : { password: options.passwordHash }),
    },
    user: {
      modelName: 'users',
      additionalFields: {
        cameras: { type: 'string', required: false, input: false },
        accessRevision: { type: 'number', required: false, input: false, defaultValue: 0 },
        passwordRevision: { type: 'number', required: false, input: false, defaultValue: 0 },
      },
    },
    session: { modelName: 'sessions', expiresIn: sessionLifetimeMs / 1000, updateAge: sessionRefreshMs / 1000 },
    account: { modelName: 'accounts' },
    verification: { modelName: 'verifications' },
    advanced: {
      cookiePrefix: 'porthole',
      // Not `useSecureCookies`: that also renames the cookie.
      useSecureCookies: false,
      defaultCookieAttributes: { secure: options.secureCookies },
      cookies: { session_token: { name: sessionCookie } },
      // Porthole knows the address and writes it into the session itself.
      ipAddress: { disableIpTracking: true },
      // The tables are made by our own migrations, and tests prove that they fit.
      database: { validateSchema: false },
    },
    plugins: [
      username({
        minUsernameLength: 1,
        maxUsernameLength: 30,
        usernameValidator: (name) => usernamePattern.test(name),
      }),
      admin({ defaultRole: 'viewer', adminRoles: ['admin'] }),
    ],
  });
  const context = await auth.$context;
  return { api: auth.api, context };
}
