import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { environmentName, type LogLevel, type Option, optionKeys, type OptionKey, options } from './options.ts';
import type { ConfiguredCamera } from './values.ts';
import { iceProblem } from './ice.ts';
import type { H264EncoderChoice } from '../domain/h264-encoder.ts';
import type { IceOptions } from '../domain/ice.ts';
import { redactSource } from '../domain/source.ts';

export type { LogLevel } from './options.ts';
export type { ConfiguredCamera } from './values.ts';

/** Everything that is decided when Porthole starts, from the command line and the environment. */
export interface Config {
  /** The address or host name to listen on. */
  readonly host: string;
  /** The TCP port to listen on; 0 lets the system choose. */
  readonly port: number;
  /** The data folder, absolute. */
  readonly data: string;
  /** The cameras given at start, in their order; their file sources are trusted. */
  readonly cameras: readonly ConfiguredCamera[];
  /** `public` lets anyone who reaches the server watch. */
  readonly access: 'private' | 'public';
  readonly logLevel: LogLevel;
  /** `auto` is `pretty` on a terminal, else `json`. */
  readonly logFormat: 'auto' | 'json' | 'pretty';
  /** How long a camera stays open after its last viewer, in milliseconds. */
  readonly graceMs: number;
  /** What encodes H.264. */
  readonly h264Encoder: H264EncoderChoice;
  /** The origin under which people reach the server, such as `https://cam.example.org`; null when it is its own. */
  readonly publicUrl: string | null;
  /** Addresses and CIDR ranges of the proxies whose forwarded headers count. */
  readonly trustProxy: readonly string[];
  /** Host names, addresses and CIDR ranges that camera URLs may name although they are refused by default. */
  readonly allowAddresses: readonly string[];
  /** The folder below which cameras added in the page may use `file:`, absolute; null forbids them. */
  readonly mediaFolder: string | null;
  /** How viewers reach this machine for WebRTC. */
  readonly ice: IceOptions;
  /** PEM files, absolute; null serves plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** A Postgres URL, or null for SQLite in the data folder. Holds a password. */
  readonly databaseUrl: string | null;
  /** Creates the user `admin` with this password when there is no user yet. */
  readonly adminPassword: string | null;
  /** True when npm has started this process, which then ends with it: npm hands no signal on. */
  readonly endsWithParent: boolean;
}

/** Everything that is wrong with the command line and the environment, one sentence each; no secret in any. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = Object.freeze([...problems]);
  }
}

/** The version of Porthole that runs. */
export const version = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string }
).version;

/** What {@link readConfig} reads; each part defaults to that of this process. */
export interface ConfigInput {
  /** The arguments behind the program's name. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The folder that relative paths start from. */
  readonly folder?: string;
}

/** What the command line asks for: to run, or a text to print. */
export type Command =
  | { readonly kind: 'run'; readonly config: Config }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'version'; readonly text: string };

/**
 * Reads the command line and the environment. The command line wins; an empty variable is as good as none.
 *
 * @throws {ConfigError} naming everything that is wrong, each with its key.
 */
export function readConfig(input: ConfigInput = {}): Command {
  const { args = process.argv.slice(2), env = process.env, folder = process.cwd() } = input;
  const problems: string[] = [];
  const given = readArguments(args, problems);
  if (given.has('help')) return { kind: 'help', text: helpText() };
  if (given.has('version')) return { kind: 'version', text: version };

  const read = <K extends OptionKey>(key: K): ReturnType<(typeof options)[K]['read']> | null => {
    const { fallback, read: parse, split = (text) => [text] }: Option = options[key];
    const variable = env[environmentName(key)];
    const texts = given.get(key) ?? (variable ? split(variable) : fallback === '' ? [] : [fallback]);
    try {
      return parse(texts, folder) as ReturnType<(typeof options)[K]['read']>;
    } catch (error) {
      const written = given.has(key) ? `--${key}` : environmentName(key);
      const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
      problems.push(...errors.map((each) => `${written}: ${each instanceof Error ? each.message : String(each)}`));
      return null;
    }
  };
  const values = {
    host: read('host'),
    port: read('port'),
    data: read('data'),
    cameras: read('camera'),
    access: read('access'),
    logLevel: read('log-level'),
    logFormat: read('log-format'),
    grace: read('grace'),
    h264Encoder: read('h264-encoder'),
    publicUrl: read('public-url'),
    trustProxy: read('trust-proxy'),
    allowAddresses: read('allow-addresses'),
    mediaFolder: read('media-folder'),
    iceHost: read('ice-host'),
    icePort: read('ice-port'),
    iceTcpPort: read('ice-tcp-port'),
    iceAddresses: read('ice-address'),
    iceServers: read('ice-server'),
    cert: read('tls-cert'),
    key: read('tls-key'),
    databaseUrl: read('database-url'),
    adminPassword: read('admin-password'),
  };
  if ((values.cert === null) !== (values.key === null)) {
    problems.push('--tls-cert and --tls-key belong together: give both or neither.');
  }
  const { grace, cert, key, iceHost, icePort, iceTcpPort, iceAddresses, iceServers, ...rest } = values;
  const odd = icePort === null ? null : iceProblem({ port: icePort, servers: iceServers ?? [] });
  if (odd !== null) problems.push(odd);
  if (problems.length > 0) throw new ConfigError(problems);

  // Without a problem every option with a fallback has a value.
  const config = {
    ...rest,
    graceMs: grace! * 1000,
    ice: Object.freeze({
      host: iceHost ?? values.host!,
      port: icePort!,
      tcpPort: iceTcpPort!,
      addresses: iceAddresses ?? [],
      servers: iceServers ?? [],
    }),
    endsWithParent: env.npm_lifecycle_event !== undefined,
    tls: cert !== null && key !== null ? Object.freeze({ cert, key }) : null,
  } as Config;
  return { kind: 'run', config: Object.freeze(config) };
}

/** The text of `--help`. */
export function helpText(): string {
  const lines = optionKeys.map((key) => {
    const { value, meaning, unit, fallback, environmentOnly }: Option = options[key];
    const written = environmentOnly === true ? environmentName(key) : `--${key} ${value}`;
    const preset = fallback === '' ? '' : ` Default: ${fallback}${unit === undefined ? '' : ` ${unit}`}.`;
    return `  ${written}\n      ${meaning}${preset}`;
  });
  return [
    `Porthole ${version}, a self-hosted webcam server.`,
    '',
    'Usage: npm start -- [options]',
    '',
    ...lines,
    '  --help\n      Shows this text.',
    '  --version\n      Shows the version.',
    '',
    `Every option is also read from the environment: --log-level from ${environmentName('log-level')}, and so on.`,
    'docs/configuration.md says more.',
  ].join('\n');
}

/** Collects what was written for each option, as text, and a problem for everything that is no option. */
function readArguments(args: readonly string[], problems: string[]): Map<string, string[]> {
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    options: {
      ...Object.fromEntries(optionKeys.map((key) => [key, { type: 'string', multiple: true } as const])),
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean' },
    },
  });
  const given = new Map<string, string[]>();
  // What stands behind a refused option is most likely its value, perhaps a secret one.
  let refused = false;
  for (const token of tokens) {
    if (token.kind === 'positional' && !refused) {
      problems.push(`"${redactSource(token.value)}" belongs to no option. Write npm start -- --help to see them all.`);
    }
    refused = false;
    if (token.kind !== 'option') continue;
    const problem = optionProblem(token);
    if (problem === null) given.set(token.name, [...(given.get(token.name) ?? []), token.value ?? '']);
    else problems.push(problem);
    refused = problem !== null;
  }
  return given;
}

/** What is wrong with one option as written, or null. */
function optionProblem({ name, rawName, value, inlineValue }: WrittenOption): string | null {
  if (name === 'help' || name === 'version') return null;
  const key = optionKeys.find((each) => each === name);
  if (key === undefined) return `There is no option ${rawName}. Write npm start -- --help to see them all.`;
  if ((options[key] as Option).environmentOnly === true) {
    return `${rawName} would show a secret to everybody on this machine. Set ${environmentName(key)} instead.`;
  }
  const swallowed = inlineValue === false && value?.startsWith('--') === true;
  return value === undefined || value === '' || swallowed ? `${rawName} needs a value.` : null;
}

interface WrittenOption {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}
