import { parseArgs } from 'node:util';
import { isRole, roles, type Role } from '../domain/role.ts';

/** Where Porthole's data is, as written; what is missing comes from the environment, then from the defaults. */
export interface Place {
  readonly data?: string | undefined;
  readonly databaseUrl?: string | undefined;
}

/** What the command line asks for. */
export type Command =
  | { readonly kind: 'help' }
  | ({ readonly kind: 'users list'; readonly json: boolean } & Place)
  | ({
      readonly kind: 'users add';
      readonly username: string;
      /** Without one, the first user becomes an admin and every other a viewer. */
      readonly role: Role | undefined;
      readonly cameras: readonly string[] | null;
      readonly generate: boolean;
    } & Place)
  | ({ readonly kind: 'users reset-password'; readonly username: string; readonly generate: boolean } & Place)
  | ({ readonly kind: 'tokens create'; readonly username: string; readonly name: string } & Place)
  | ({ readonly kind: 'cameras list'; readonly json: boolean } & Place)
  | ({ readonly kind: 'cameras probe'; readonly source: string; readonly json: boolean } & Place);

/** A command line that is not understood; its message says what is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The text of `--help`. */
export const helpText = `Usage: npm run --silent porthole -- COMMAND [options]

  users list                       shows all users
  users add NAME                   adds a user; asks for the password, or reads it from the standard input
      --role ${roles.join('|')}   what they may do (the first user: admin, others: viewer)
      --cameras ID,ID              the cameras they may see (all)
      --generate                   makes up a password and prints it
  users reset-password NAME        gives a user a new password and signs them out everywhere
      --generate                   makes up a password and prints it
  tokens create                    makes an API token and prints it, alone and this once
      --user NAME                  whose it is
      --name NAME                  what uses it
  cameras list                     shows the cameras in Settings and the devices of this machine
  cameras probe SOURCE             opens a source (or a camera by its id) once and says what it delivers

  --data FOLDER                    the data folder (PORTHOLE_DATA, else ./data)
  --database-url URL               the Postgres database, if there is one (PORTHOLE_DATABASE_URL)
  --json                           prints lists and results as JSON
  --help                           shows this text

It works while the server runs. It exits with 0 when done, 1 when it failed, 2 for a command it does not know.`;

const optionTypes = {
  data: { type: 'string' },
  'database-url': { type: 'string' },
  user: { type: 'string' },
  name: { type: 'string' },
  role: { type: 'string' },
  cameras: { type: 'string' },
  generate: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type OptionName = keyof typeof optionTypes;

/** Which options each command has beside those that tell the {@link Place}, and whether it takes a word. */
const commands: Record<Exclude<Command['kind'], 'help'>, { options: readonly OptionName[]; word?: string }> = {
  'users list': { options: ['json'] },
  'users add': { options: ['user', 'role', 'cameras', 'generate'], word: 'NAME' },
  'users reset-password': { options: ['user', 'generate'], word: 'NAME' },
  'tokens create': { options: ['user', 'name'] },
  'cameras list': { options: ['json'] },
  'cameras probe': { options: ['json'], word: 'SOURCE' },
};

/**
 * Reads the arguments behind the program's name.
 *
 * @throws {UsageError}
 */
export function readCommand(args: readonly string[]): Command {
  const { values, positionals } = parse(args);
  if (values.help === true || positionals.length === 0) return { kind: 'help' };
  const kind = positionals.slice(0, 2).join(' ');
  if (!isKnown(kind)) throw new UsageError(`There is no command "${kind}".`);
  const { options, word } = commands[kind];
  for (const name of Object.keys(values) as OptionName[]) {
    if (!['data', 'database-url', ...options].includes(name))
      throw new UsageError(`"${kind}" has no option --${name}.`);
  }
  if (positionals.length > (word === undefined ? 2 : 3)) {
    throw new UsageError(`"${positionals.at(-1)}" is one word too many for "${kind}".`);
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
      if (role !== undefined && !isRole(role)) throw new UsageError(`--role is one of ${roles.join(', ')}.`);
      const list = cameras?.split(',').map((id) => id.trim()) ?? null;
      return { kind, username: required(third ?? values.user, 'a NAME'), role, cameras: list, generate, ...place };
    }
    case 'users reset-password':
      return { kind, username: required(third ?? values.user, 'a NAME'), generate, ...place };
    case 'tokens create':
      return { kind, username: required(values.user, '--user'), name: required(values.name, '--name'), ...place };
    case 'cameras probe':
      return { kind, source: required(third, 'a SOURCE'), json, ...place };
    default:
      return kind satisfies never;
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: optionTypes });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function isKnown(kind: string): kind is keyof typeof commands {
  return Object.hasOwn(commands, kind);
}
