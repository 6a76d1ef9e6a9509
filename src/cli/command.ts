import { parseArgs } from 'node:util';
import { isRole, roles, type Role } from '../domain/users/role.ts';
import { isTokenScope, tokenScopes, type TokenScope } from '../domain/users/token-scope.ts';

/** Where Porthole's data is, as given. Missing values come from the environment, or else from the defaults. */
export interface Place {
  readonly data?: string | undefined;
  readonly databaseUrl?: string | undefined;
}

/** A command with its options. */
export type Command =
  | { readonly kind: 'help' }
  | ({ readonly kind: 'users list'; readonly json: boolean } & Place)
  | ({
      readonly kind: 'users add';
      readonly username: string;
      /** If undefined, the first user becomes an admin, and all others viewers. */
      readonly role: Role | undefined;
      readonly cameras: readonly string[] | null;
      readonly generate: boolean;
    } & Place)
  | ({
      readonly kind: 'users reset-password';
      readonly username: string;
      readonly generate: boolean;
      readonly revokeTokens: boolean;
    } & Place)
  | ({
      readonly kind: 'tokens create';
      readonly username: string;
      readonly name: string;
      readonly scope: TokenScope;
      readonly cameras: readonly string[] | null;
      /** Milliseconds until the token ends; null for never. */
      readonly lifetime: number | null;
    } & Place)
  | ({ readonly kind: 'tokens list'; readonly username: string | undefined; readonly json: boolean } & Place)
  | ({ readonly kind: 'tokens revoke'; readonly id: string } & Place)
  | ({ readonly kind: 'cameras list'; readonly json: boolean } & Place)
  | ({ readonly kind: 'cameras probe'; readonly source: string; readonly json: boolean } & Place);

/** Thrown for an invalid command line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The text of `--help`. */
export const helpText = `Usage: npm run --silent porthole -- COMMAND [options]

  users list                       list all users
  users add NAME                   add a user; asks for the password, or reads it from the standard input
      --role ${roles.join('|')}   the user's role (default: admin for the first user, else viewer)
      --cameras ID,ID              the cameras that the user may see (default: all)
      --generate                   generate a password and print it
  users reset-password NAME        set a new password, and sign the user out everywhere
      --generate                   generate a password and print it
      --revoke-tokens              also revoke the user's API tokens
  tokens create                    create an API token and print it; it cannot be shown again
      --user NAME                  the user that the token belongs to
      --name NAME                  a name for the token
      --scope ${tokenScopes.join('|')}           what it may do: everything that the user may, or only watch (default: full)
      --cameras ID,ID              with the scope watch, the cameras that it shows (default: all of the user)
      --expires TIME               how long it lasts, such as 12h, 30d or 52w (default: until it is revoked)
  tokens list                      list API tokens with their ids, without their secrets
      --user NAME                  only the tokens of this user
  tokens revoke ID                 revoke an API token, and end everything that uses it
  cameras list                     list the cameras in Settings and the devices of this machine
  cameras probe SOURCE             open a source, or a camera by its id, and show its format

  --data FOLDER                    the data folder (default: PORTHOLE_DATA, else ./data)
  --database-url URL               the Postgres database (default: PORTHOLE_DATABASE_URL, else SQLite)
  --json                           print lists and results as JSON
  --help                           show this help

Commands work while the server is running. The exit code is 0 for success, 1 for a failure and 2 for an invalid command.`;

const optionTypes = {
  data: { type: 'string' },
  'database-url': { type: 'string' },
  user: { type: 'string' },
  name: { type: 'string' },
  role: { type: 'string' },
  cameras: { type: 'string' },
  generate: { type: 'boolean' },
  'revoke-tokens': { type: 'boolean' },
  scope: { type: 'string' },
  expires: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type OptionName = keyof typeof optionTypes;

/** The options of each command, besides those of {@link Place}, and the name of its argument if it takes one. */
const commands: Record<Exclude<Command['kind'], 'help'>, { options: readonly OptionName[]; argument?: string }> = {
  'users list': { options: ['json'] },
  'users add': { options: ['user', 'role', 'cameras', 'generate'], argument: 'NAME' },
  'users reset-password': { options: ['user', 'generate', 'revoke-tokens'], argument: 'NAME' },
  'tokens create': { options: ['user', 'name', 'scope', 'cameras', 'expires'] },
  'tokens list': { options: ['user', 'json'] },
  'tokens revoke': { options: [], argument: 'ID' },
  'cameras list': { options: ['json'] },
  'cameras probe': { options: ['json'], argument: 'SOURCE' },
};

/**
 * Parses the arguments after the program's name.
 *
 * @throws {UsageError} if they are not a valid command.
 */
export function readCommand(args: readonly string[]): Command {
  const { values, positionals } = parse(args);
  if (values.help === true || positionals.length === 0) return { kind: 'help' };
  const kind = positionals.slice(0, 2).join(' ');
  if (!isKnown(kind)) throw new UsageError(`Unknown command "${kind}".`);
  const { options, argument } = commands[kind];
  for (const name of Object.keys(values) as OptionName[]) {
    if (!['data', 'database-url', ...options].includes(name))
      throw new UsageError(`"${kind}" has no option --${name}.`);
  }
  if (positionals.length > (argument === undefined ? 2 : 3)) {
    throw new UsageError(`Unexpected argument "${positionals.at(-1)}" for "${kind}".`);
  }
  const place = { data: values.data, databaseUrl: values['database-url'] };
  const required = (value: string | undefined, what: string): string => {
    if (value === undefined || value === '') throw new UsageError(`"${kind}" needs ${what}.`);
    return value;
  };
  const json = values.json === true;
  const generate = values.generate === true;
  const third = positionals[2];
  switch (kind) {
    case 'users list':
    case 'cameras list':
      return { kind, json, ...place };
    case 'users add': {
      const { role, cameras } = values;
      if (role !== undefined && !isRole(role)) throw new UsageError(`--role must be one of ${roles.join(', ')}.`);
      const list = listIn(cameras);
      return { kind, username: required(third ?? values.user, 'a NAME'), role, cameras: list, generate, ...place };
    }
    case 'users reset-password':
      return {
        kind,
        username: required(third ?? values.user, 'a NAME'),
        generate,
        revokeTokens: values['revoke-tokens'] === true,
        ...place,
      };
    case 'tokens create': {
      const { user, name, scope = 'full', expires } = values;
      if (!isTokenScope(scope)) throw new UsageError(`--scope must be one of ${tokenScopes.join(', ')}.`);
      const limits = { scope, cameras: listIn(values.cameras), lifetime: durationIn(expires) };
      return { kind, username: required(user, '--user'), name: required(name, '--name'), ...limits, ...place };
    }
    case 'tokens list':
      return { kind, username: values.user, json, ...place };
    case 'tokens revoke':
      return { kind, id: required(third, 'an ID'), ...place };
    case 'cameras probe':
      return { kind, source: required(third, 'a SOURCE'), json, ...place };
    default:
      return kind satisfies never;
  }
}

function listIn(text: string | undefined): readonly string[] | null {
  return text?.split(',').map((id) => id.trim()) ?? null;
}

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

/** Milliseconds of a time such as `90m`, `12h`, `30d` or `52w`. */
function durationIn(text: string | undefined): number | null {
  if (text === undefined) return null;
  const [, count, unit = ''] = /^([1-9]\d{0,5})([mhdw])$/.exec(text) ?? [];
  if (count === undefined) throw new UsageError('--expires must be a time such as 12h, 30d or 52w.');
  return Number(count) * (units[unit] ?? 0);
}

function parse(args: readonly string[]) {
  // The id of a token may begin with a hyphen. No option is like it.
  const isId = (text: string): boolean => /^-[A-Za-z0-9_-]{15}$/.test(text);
  const ids = args.filter(isId);
  const sorted = ids.length === 0 ? [...args] : [...args.filter((text) => !isId(text)), '--', ...ids];
  try {
    return parseArgs({ args: sorted, allowPositionals: true, options: optionTypes });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function isKnown(kind: string): kind is keyof typeof commands {
  return Object.hasOwn(commands, kind);
}
