import { PortholeError } from '../domain/errors.ts';

/** Errors of the network and of Postgres that mean: it can't be used now (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const unreachable = /^(ECONN|ENOTFOUND|EAI_|EHOST|ENET|ETIMEDOUT|EPIPE|ENOENT$|08|57P0|57014|53300)/;

/** What pg says in errors without a code. */
const unreachableMessages = /timeout|connection terminated|not queryable|client has encountered a connection error/i;

/** Values that Postgres, unlike SQLite, can't store or compare: text with NUL, and numbers that a column can't hold. */
const impossible = /^22(021|003|P02)$/;

/** Why a statement can't have one of its values; null for other errors. */
export function refusedValue(error: unknown): PortholeError | null {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code !== 'string' || !impossible.test(code)) return null;
  return new PortholeError('invalid_input', {
    message: 'A value of this request cannot be in the database: text with a NUL character, or a number out of range.',
    ...(typeof message === 'string' ? { detail: message } : {}),
    cause: error,
  });
}

/** True if an error is not about a statement, but about the database that doesn't answer. */
export function isUnreachable(error: unknown): boolean {
  if (error instanceof PortholeError) return error.code === 'database_unavailable';
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code === 'string') return unreachable.test(code);
  return typeof message === 'string' && unreachableMessages.test(message);
}

/**
 * Why a Postgres database can't be used, and what to do about it. The detail is Postgres's or the system's own message.
 *
 * @param url its address; the password is never shown
 */
export function postgresProblem(
  error: unknown,
  url: string,
  code: 'storage_failed' | 'database_unavailable',
): PortholeError {
  if (error instanceof PortholeError) {
    return error.code === code ? error : new PortholeError(code, { ...error.toJSON(), cause: error.cause });
  }
  const { message } = (error ?? {}) as { message?: unknown };
  const detail = typeof message === 'string' && message !== '' ? { detail: message } : {};
  return new PortholeError(code, { message: sentenceFor(error, url), ...detail, cause: error });
}

function sentenceFor(thrown: unknown, url: string): string {
  const error = (thrown ?? {}) as { code?: string; message?: string; errors?: readonly { code?: string }[] };
  const { hostname, port, pathname, username } = new URL(url);
  const host = `${hostname || 'localhost'}:${port || '5432'}`;
  const name = decodeURIComponent(pathname.slice(1));
  const user = decodeURIComponent(username);
  // A host with several addresses fails with the errors of all.
  const code = error.code ?? error.errors?.[0]?.code ?? '';
  const message = error.message ?? '';
  switch (true) {
    case code === 'ECONNREFUSED':
    case code === 'ENOENT':
      return `Nothing answers at ${host}. Start Postgres there, or correct --database-url.`;
    case code === 'ENOTFOUND' || code.startsWith('EAI_'):
      return `The host ${hostname} of --database-url is unknown. Correct its name, or check this machine's DNS.`;
    case /^(EHOST|ENET)/.test(code):
      return `The host of Postgres (${host}) cannot be reached. Check the network.`;
    case code === '28P01':
      return `Postgres at ${host} rejects the name or password of “${user}”. Correct them in --database-url.`;
    case message.includes('client password must be a string'):
      return `Postgres at ${host} requires a password. Add it to --database-url.`;
    case code === '28000':
      return `Postgres at ${host} does not let “${user}” in from here. Check --database-url and its pg_hba.conf.`;
    case code === '3D000':
      return `Postgres at ${host} has no database “${name}”. Create it, or correct --database-url.`;
    case code === '53300':
      return `Postgres at ${host} has no connections left. Close others, or raise its max_connections.`;
    case code === '42501':
      return `“${user}” may not create tables in the database “${name}”. Make that user its owner.`;
    case code.startsWith('57P0'):
      return `Postgres at ${host} is starting or stopping. Try again in a moment.`;
    case code === '57014':
      return `Postgres at ${host} took too long to answer. Check its load and its locks.`;
    case code === 'ETIMEDOUT' || /timeout/i.test(message):
      return `Postgres at ${host} does not answer. It may be stopped, overloaded or behind a firewall.`;
    case isUnreachable(thrown) || /terminated|unexpected/i.test(message):
      return `The program at ${host} closes the connection. Check that it is Postgres and that it is running.`;
    default:
      return `Postgres at ${host} cannot be used. Check its log.`;
  }
}
