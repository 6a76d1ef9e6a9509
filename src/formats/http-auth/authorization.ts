import { createHash } from 'node:crypto';
import type { Challenge } from './challenges.ts';

/** A name and a password, in plain Unicode. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** A request that a server wants signed. */
export interface AuthorizationOptions extends Credentials {
  /** What the server offers, in any order. */
  readonly challenges: readonly Challenge[];
  /** The method of the request, such as `GET` or `DESCRIBE`. */
  readonly method: string;
  /** The request target, exactly as in the request line. */
  readonly uri: string;
  /** A random text without quotes, the same for all requests with one nonce. */
  readonly cnonce: string;
  /** How many requests, with this one, have used the server's nonce: 1 for the first. */
  readonly nonceCount: number;
}

/** Hash functions by their names in Digest challenges, the strongest first. */
const hashes = [
  ['sha-512-256', 'sha512-256'],
  ['sha-256', 'sha256'],
  ['md5', 'md5'],
] as const;

/**
 * Answers the strongest challenge that we speak: Digest with SHA-512/256, SHA-256 or MD5 (RFC 7616, RFC 2617), then
 * Basic (RFC 7617).
 *
 * @returns the value of the `Authorization` header, one character per byte (latin1); null if we speak none
 */
export function authorization(options: AuthorizationOptions): string | null {
  for (const [name, hash] of hashes) {
    const challenge = options.challenges.find((each) => isDigest(each, name));
    if (challenge !== undefined) return digest(challenge, hash, options);
  }
  if (!options.challenges.some(({ scheme }) => scheme === 'basic')) return null;
  return `Basic ${Buffer.from(`${options.user}:${options.password}`).toString('base64')}`;
}

/**
 * True if a server that rejected an answer to `before` may accept an answer to `now`: the nonce had expired (`stale`),
 * or there is a new one.
 */
export function isNewChallenge(before: readonly Challenge[], now: readonly Challenge[]): boolean {
  const digests = now.filter(({ scheme }) => scheme === 'digest');
  const used = new Set(before.map(({ parameters }) => parameters.get('nonce')));
  return digests.some(
    ({ parameters }) => parameters.get('stale')?.toLowerCase() === 'true' || !used.has(parameters.get('nonce')),
  );
}

/**
 * The name and password in a URL, percent-decoded; null if it has none.
 *
 * @param url a URL that has been checked
 */
export function credentialsOf(url: string): Credentials | null {
  const { username, password } = new URL(url);
  if (username === '' && password === '') return null;
  return { user: decoded(username), password: decoded(password) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A password with a "%" that was not encoded.
    return text.replace(/%([2-7][0-9a-f])/gi, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  }
}

function isDigest({ scheme, parameters }: Challenge, hash: string): boolean {
  if (scheme !== 'digest' || !parameters.has('nonce')) return false;
  const { name } = algorithmOf(parameters);
  return name === hash;
}

/** The algorithm of a challenge: MD5 if it names none. */
function algorithmOf(parameters: ReadonlyMap<string, string>): { name: string; session: boolean } {
  const written = (parameters.get('algorithm') ?? '').trim().toLowerCase();
  const session = written.endsWith('-sess');
  const base = session ? written.slice(0, -'-sess'.length) : written;
  return { name: base === '' ? 'md5' : base.replace(/^sha(?=\d)/, 'sha-').replaceAll(/[/_]/g, '-'), session };
}

function digest({ parameters }: Challenge, hash: string, options: AuthorizationOptions): string {
  const { method, uri, cnonce } = options;
  const [user, password] = [bytesOf(options.user), bytesOf(options.password)];
  const h = (text: string): string => createHash(hash).update(text, 'latin1').digest('hex');
  const realm = parameters.get('realm') ?? '';
  const nonce = parameters.get('nonce') ?? '';
  const qop = qopOf(parameters.get('qop'));
  const { session } = algorithmOf(parameters);
  const count = options.nonceCount.toString(16).padStart(8, '0');

  const secret = h(`${user}:${realm}:${password}`);
  const a1 = session ? h(`${secret}:${nonce}:${cnonce}`) : secret;
  // auth-int signs the body too, which our requests do not have.
  const a2 = h(qop === 'auth-int' ? `${method}:${uri}:${h('')}` : `${method}:${uri}`);
  const response = h(qop === null ? `${a1}:${nonce}:${a2}` : `${a1}:${nonce}:${count}:${cnonce}:${qop}:${a2}`);

  const algorithm = parameters.get('algorithm') ?? '';
  const opaque = parameters.get('opaque');
  return `Digest ${[
    `username=${quote(user)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(uri)}`,
    `response="${response}"`,
    ...(algorithm === '' ? [] : [`algorithm=${algorithm}`]),
    ...(qop === null ? [] : [`qop=${qop}`, `nc=${count}`]),
    ...(qop === null && !session ? [] : [`cnonce=${quote(cnonce)}`]),
    ...(opaque === undefined ? [] : [`opaque=${quote(opaque)}`]),
  ].join(', ')}`;
}

/** The quality of protection to use; null for the rules of RFC 2069, which know none. */
function qopOf(offered = ''): 'auth' | 'auth-int' | null {
  const list = offered.toLowerCase().split(/[\s,;]+/);
  if (list.includes('auth')) return 'auth';
  return list.includes('auth-int') ? 'auth-int' : null;
}

/** The UTF-8 bytes of a text, one character per byte. */
function bytesOf(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
