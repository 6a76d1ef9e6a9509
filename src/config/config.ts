import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { captureEnvironment } from './capture-environment.ts';
import { environmentName, type LogLevel, type Option, optionKeys, type OptionKey, options } from './options.ts';
import type { ConfiguredCamera } from './values.ts';
import { iceProblem } from './ice.ts';
import type { H264EncoderChoice } from '../domain/media/h264-encoder.ts';
import type { IceOptions } from '../domain/media/ice.ts';
import { redactSource } from '../domain/cameras/source.ts';

export type { LogLevel } from './options.ts';
export type { ConfiguredCamera } from './values.ts';

/** The configuration of a running Porthole, from the command line and the environment. */
export interface Config {
  /** The address or host name to listen on. */
  readonly host: string;
  /** The TCP port to listen on; 0 for any free port. */
  readonly port: number;
  /** The TCP port of the RTSP server; 0 for any free port, null for no RTSP server. */
  readonly rtspPort: number | null;
  /** The absolute path of the data folder. */
  readonly data: string;
  /** How many bytes of disk space photos must leave free; null for a share of the disk. */
  readonly photoReserve: number | null;
  /** The cameras from the command line, in order. Their `file:` sources are trusted. */
  readonly cameras: readonly ConfiguredCamera[];
  /** `public` lets anyone watch who can reach the server. */
  readonly access: 'private' | 'public';
  readonly logLevel: LogLevel;
  /** `auto` is `pretty` on a terminal, else `json`. */
  readonly logFormat: 'auto' | 'json' | 'pretty';
  /** How long a camera stays open after its last viewer, in milliseconds. */
  readonly graceMs: number;
  /** The H.264 encoder. */
  readonly h264Encoder: H264EncoderChoice;
  /** How many bytes of memory the capture process of one camera may use; null for 1.5 GB, or half of the machine's. */
  readonly captureMemory: number | null;
  /** How many network cameras share one process that decodes and encodes for them. */
  readonly transcoderCameras: number;
  /** Whether to send each frame to all its viewers in one system call, where the kernel allows it. */
  readonly batchSend: boolean;
  /** The environment of the processes that talk to cameras: without the server's secrets. */
  readonly captureEnvironment: Readonly<Record<string, string>>;
  /** The origin of the server as browsers see it, such as `https://cam.example.org`; null without a proxy. */
  readonly publicUrl: string | null;
  /** More host names under which anyone may watch if access is public. */
  readonly hosts: readonly string[];
  /** Addresses and CIDR ranges of the proxies whose forwarded headers are trusted. */
  readonly trustProxy: readonly string[];
  /** Host names, addresses and CIDR ranges that camera URLs may use although they are rejected by default. */
  readonly allowAddresses: readonly string[];
  /** The absolute path of the folder from which cameras in Settings may play files; null forbids that. */
  readonly mediaFolder: string | null;
  /** How viewers reach this machine over WebRTC. */
  readonly ice: IceOptions;
  /** The absolute paths of PEM files; null serves plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** A Postgres URL, which may contain a password; null for SQLite in the data folder. */
  readonly databaseUrl: string | null;
  /** If there are no users yet, the user `admin` is created with this password. */
  readonly adminPassword: string | null;
  /** True if npm started this process, which must then exit with npm, because npm does not forward signals. */
  readonly endsWithParent: boolean;
}

/** Lists everything that is wrong with the command line and the environment, one sentence each, without secrets. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = Object.freeze([...problems]);
  }
}

/** The running version of Porthole. */
export const version = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string }
).version;

/** The input of {@link readConfig}. The default of each part is that of this process. */
export interface ConfigInput {
  /** The arguments after the program's name. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The folder that relative paths are resolved against. */
  readonly folder?: string;
}

/** The action that the command line requests: running, or printing a text. */
export type Command =
  | { readonly kind: 'run'; readonly config: Config }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'version'; readonly text: string };

/**
 * Reads the command line and the environment. The command line takes precedence, and empty variables are ignored.
 *
 * @throws {ConfigError} that lists all problems, each with its option.
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
    rtspPort: read('rtsp-port'),
    data: read('data'),
    reserveMb: read('photo-reserve'),
    cameras: read('camera'),
    access: read('access'),
    logLevel: read('log-level'),
    logFormat: read('log-format'),
    grace: read('grace'),
    h264Encoder: read('h264-encoder'),
    captureMb: read('capture-memory'),
    transcoderCameras: read('transcoder-cameras'),
    batchSend: read('batch-send'),
    captureEnv: read('capture-env'),
    publicUrl: read('public-url'),
    hosts: read('hosts'),
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
    problems.push('--tls-cert and --tls-key must be set together.');
  }
  const {
    captureEnv,
    captureMb,
    reserveMb,
    grace,
    cert,
    key,
    iceHost,
    icePort,
    iceTcpPort,
    iceAddresses,
    iceServers,
    ...rest
  } = values;
  const odd = icePort === null ? null : iceProblem({ port: icePort, servers: iceServers ?? [] });
  if (odd !== null) problems.push(odd);
  if (problems.length > 0) throw new ConfigError(problems);

  // Without problems, every option that has a default has a value.
  const config = {
    ...rest,
    photoReserve: reserveMb === null ? null : reserveMb * 1e6,
    captureMemory: captureMb === null ? null : captureMb * 1e6,
    graceMs: grace! * 1000,
    // libuv uses no io_uring where this variable says so, and neither does Porthole.
    batchSend: rest.batchSend === 'on' && env.UV_USE_IO_URING !== '0',
    captureEnvironment: captureEnvironment(env, captureEnv ?? []),
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
    '  --help\n      Shows this help.',
    '  --version\n      Shows the version.',
    '',
    `Every option can also be set in the environment, such as --log-level as ${environmentName('log-level')}.`,
    'See docs/configuration.md for details.',
  ].join('\n');
}

/** Collects the texts given for each option, and a problem for every argument that is not an option. */
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
  // The argument after a rejected option is most likely its value, which may be secret.
  let rejected = false;
  for (const token of tokens) {
    if (token.kind === 'positional' && !rejected) {
      problems.push(`"${redactSource(token.value)}" is not an option. Run npm start -- --help for a list.`);
    }
    rejected = false;
    if (token.kind !== 'option') continue;
    const problem = optionProblem(token);
    if (problem === null) given.set(token.name, [...(given.get(token.name) ?? []), token.value ?? '']);
    else problems.push(problem);
    rejected = problem !== null;
  }
  return given;
}

/** Returns the problem with one option; null if it is valid. */
function optionProblem({ name, rawName, value, inlineValue }: WrittenOption): string | null {
  if (name === 'help' || name === 'version') return null;
  const key = optionKeys.find((each) => each === name);
  if (key === undefined) return `Unknown option ${rawName}. Run npm start -- --help for a list.`;
  if ((options[key] as Option).environmentOnly === true) {
    return `${rawName} would show a secret to every user of this machine. Set ${environmentName(key)} instead.`;
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
