import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { PortholeError } from '../domain/errors.ts';
import type { TokenLimits } from '../domain/users/token-scope.ts';
import type { Principal, TokenInfo } from '../domain/users/user.ts';
import { checkTokenLimits, checkTokenName } from './account-rules.ts';
import { hashToken, tokenPrefix } from './authenticator.ts';
import { parseGrant } from './grants.ts';
import type { Revocations } from './revocations.ts';
import { signedIn } from './signed-in.ts';
import type { TokenRepository } from './token-repository.ts';
import type { UserRepository } from './user-repository.ts';

/** The number of tokens that one user has. */
const mostTokens = 50;

/** What {@link ApiTokens} uses. */
export interface ApiTokensOptions {
  readonly tokens: TokenRepository;
  readonly users: UserRepository;
  readonly revocations: Revocations;
  readonly log: Logger;
  /** Runs one change of accounts at a time. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Tokens for programs: each belongs to a user, and may do what its limits and its user's role allow. */
export class ApiTokens {
  readonly #tokens: TokenRepository;
  readonly #users: UserRepository;
  readonly #log: Logger;
  readonly #exclusively: ApiTokensOptions['exclusively'];
  readonly #revocations: Revocations;

  constructor({ tokens, users, revocations, log, exclusively }: ApiTokensOptions) {
    this.#tokens = tokens;
    this.#users = users;
    this.#log = log;
    this.#exclusively = exclusively;
    this.#revocations = revocations;
  }

  /** One's own tokens; an admin sees all. */
  async list(who: Principal): Promise<readonly TokenInfo[]> {
    return who.role === 'admin' ? this.all() : this.#tokens.list(signedIn(who).id);
  }

  /** Everybody's tokens, for the command line. */
  async all(): Promise<readonly TokenInfo[]> {
    return this.#tokens.list(null);
  }

  /**
   * Creates a token. Its secret is returned only here.
   *
   * @param by who creates it: a token that ends creates none that lasts longer
   * @throws {PortholeError} `user_not_found`, `invalid_input`, `too_many_tokens`.
   */
  async create(
    input: { username: string; name: string } & {
      readonly [Limit in keyof TokenLimits]?: TokenLimits[Limit] | undefined;
    },
    by?: Principal,
  ): Promise<{ token: string; info: TokenInfo }> {
    const name = checkTokenName(input.name);
    const createdAt = Date.now();
    const wanted = checkTokenLimits(input, createdAt);
    const user = await this.#users.byName(input.username);
    if (user === undefined) throw new PortholeError('user_not_found');
    const grant = parseGrant(by?.grant ?? '');
    const end = grant?.kind === 'token' ? await this.#tokens.expiryOf(grant.id) : null;
    const limits = { ...wanted, expiresAt: end === null ? wanted.expiresAt : Math.min(end, wanted.expiresAt ?? end) };
    const token = tokenPrefix + randomBytes(32).toString('base64url');
    const row = { id: randomBytes(12).toString('base64url'), name, createdAt, ...limits };
    await this.#exclusively(async () => {
      if (!(await this.#tokens.hasRoom(user.id, mostTokens))) throw new PortholeError('too_many_tokens');
      await this.#tokens.insert({ ...row, userId: user.id, hash: hashToken(token) });
    });
    this.#log.info({ user: user.username, name, ...limits }, 'token created');
    const role = limits.scope === 'full' ? user.role : 'viewer';
    return { token, info: { ...row, username: user.username, lastUsedAt: null, role } };
  }

  /**
   * Revokes one of one's own tokens, or, as an admin, anybody's.
   *
   * @throws {PortholeError} `token_not_found`.
   */
  async revoke(who: Principal, id: string): Promise<void> {
    const user = signedIn(who);
    const own = await this.#tokens.list(who.role === 'admin' ? null : user.id);
    if (!own.some((token) => token.id === id)) throw new PortholeError('token_not_found');
    const unsaved = await this.#revocations.end({
      ends: (grant) => grant.kind === 'token' && grant.id === id,
      write: () => this.#tokens.delete(id, null),
    });
    this.#log.info({ user: user.username }, 'token revoked');
    if (unsaved !== null) throw unsaved;
  }

  /**
   * Revokes anybody's token, for the command line.
   *
   * @throws {PortholeError} `token_not_found`.
   */
  async revokeAny(id: string): Promise<TokenInfo> {
    const token = (await this.all()).find((each) => each.id === id);
    if (token === undefined || !(await this.#tokens.delete(id, null))) {
      throw new PortholeError('token_not_found', { message: 'Token not found. "tokens list" shows the ids.' });
    }
    this.#log.info({ user: token.username }, 'token revoked');
    return token;
  }
}
