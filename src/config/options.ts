import { resolve } from 'node:path';
import { h264Encoders } from '../domain/media/h264-encoder.ts';
import { readIceAddress, readIcePort, readIceServer, readIceTcpPort } from './ice.ts';
import {
  last,
  list,
  readCameras,
  readChoice,
  readDatabaseUrl,
  readHost,
  readHostName,
  readNumber,
  readOrigin,
  readRange,
  readVariable,
} from './values.ts';

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** The minimum severity of logged messages, from `fatal` (fewest) to `trace` (all); `silent` logs nothing. */
export type LogLevel = (typeof logLevels)[number];

/** An option that can be set on the command line or in the environment. */
export interface Option<T = unknown> {
  /** The placeholder for its value in the help. */
  readonly value: string;
  /** Its description in the help, in one sentence. */
  readonly meaning: string;
  /** The unit of its value, if it has one. */
  readonly unit?: string;
  /** Its default, as it would be written; empty if it has none. */
  readonly fallback: string;
  /** True if it may be repeated on the command line. */
  readonly repeatable?: true;
  /** True for a secret, because other users can read command lines. */
  readonly environmentOnly?: true;
  /** Splits the environment variable of a repeatable option; if left out, the variable holds one value. */
  readonly split?: (text: string) => readonly string[];
  /** Parses the given texts. Throws an Error whose message follows the option's name, as in "port: …". */
  readonly read: (texts: readonly string[], folder: string) => T;
}

/** Every option. The help, the parser and the test of docs/configuration.md use this table. */
export const options = {
  host: option({
    value: 'ADDRESS',
    meaning: 'The address to listen on; 0.0.0.0 or :: for every network.',
    fallback: '127.0.0.1',
    read: last(readHost),
  }),
  port: option({
    value: 'NUMBER',
    meaning: 'The TCP port to listen on; 0 for any free port.',
    fallback: '8080',
    read: last((text) => readNumber(text, 0, 65_535, 'whole')),
  }),
  'rtsp-port': option({
    value: 'NUMBER',
    meaning: 'The TCP port to serve RTSP on, usually 8554; 0 for any free port. Without it, there is no RTSP server.',
    fallback: '',
    read: last((text) => readNumber(text, 0, 65_535, 'whole')),
  }),
  data: option({
    value: 'FOLDER',
    meaning: 'The folder for the database and the photos; created if it does not exist.',
    fallback: './data',
    read: last((text, folder) => resolve(folder, text)),
  }),
  'photo-reserve': option({
    value: 'MB',
    meaning: 'How much disk space photos must leave free; by default a twentieth of the disk, up to 200 MB.',
    fallback: '',
    read: last((text) => readNumber(text, 0, 100_000_000, 'any')),
  }),
  camera: option({
    value: 'NAME=SOURCE',
    meaning:
      'A camera, in addition to those in Settings; may be repeated. Without any camera, Porthole adds the devices that it finds, or a test pattern.',
    fallback: '',
    repeatable: true,
    // URLs may contain semicolons, so only a semicolon with spaces around it is a separator.
    split: (text) => text.split(/\r?\n|\s;\s/),
    read: readCameras,
  }),
  access: option({
    value: 'private|public',
    meaning: 'With public, anyone who can reach the server may watch, but nothing else.',
    fallback: 'private',
    read: last((text) => readChoice(text, ['private', 'public'])),
  }),
  'log-level': option({
    value: 'LEVEL',
    meaning: `The minimum severity of logged messages: ${logLevels.join(', ')}.`,
    fallback: 'info',
    read: last((text) => readChoice(text, logLevels)),
  }),
  'log-format': option({
    value: 'auto|json|pretty',
    meaning: 'The format of the log; auto is pretty on a terminal, else JSON.',
    fallback: 'auto',
    read: last((text) => readChoice(text, ['auto', 'json', 'pretty'])),
  }),
  grace: option({
    value: 'SECONDS',
    meaning: 'How long a camera stays open after its last viewer has left.',
    unit: 's',
    fallback: '5',
    read: last((text) => readNumber(text, 0, 86_400, 'any')),
  }),
  'h264-encoder': option({
    value: 'NAME',
    meaning: `The H.264 encoder: ${h264Encoders.join(', ')}, or auto for the first hardware encoder that works.`,
    fallback: 'x264',
    read: last((text) => readChoice(text, [...h264Encoders, 'auto'])),
  }),
  'capture-memory': option({
    value: 'MB',
    meaning: "How much memory one camera may use; by default 1,500 MB, or half of the machine's if that is less.",
    fallback: '',
    read: last((text) => readNumber(text, 100, 1_000_000, 'any')),
  }),
  'transcoder-cameras': option({
    value: 'NUMBER',
    meaning: 'How many network cameras share one process that decodes and encodes for them.',
    fallback: '4',
    read: last((text) => readNumber(text, 1, 64, 'whole')),
  }),
  'batch-send': option({
    value: 'on|off',
    meaning: 'Sends each frame to all its viewers in one system call, where the kernel allows it (io_uring).',
    fallback: 'on',
    read: last((text) => readChoice(text, ['on', 'off'])),
  }),
  'capture-env': option({
    value: 'NAMES',
    meaning:
      "Further environment variables that capture processes get, such as a driver's; NAME* for all that begin with NAME; separated by commas.",
    fallback: '',
    repeatable: true,
    read: list(readVariable),
  }),
  'public-url': option({
    value: 'URL',
    meaning: 'The URL of Porthole as browsers see it, if it runs behind a proxy.',
    fallback: '',
    read: last(readOrigin),
  }),
  hosts: option({
    value: 'NAMES',
    meaning: 'More host names under which anyone may watch with access public; separated by commas.',
    fallback: '',
    repeatable: true,
    read: list(readHostName),
  }),
  'trust-proxy': option({
    value: 'ADDRESSES',
    meaning: 'Proxies whose forwarded headers are trusted: addresses or CIDR ranges, separated by commas.',
    fallback: '',
    repeatable: true,
    read: list((text) => readRange(text, 'no names')),
  }),
  'allow-addresses': option({
    value: 'HOSTS',
    meaning:
      'Hosts, addresses or CIDR ranges that camera URLs may use even though they are loopback, link-local or metadata addresses; separated by commas.',
    fallback: '',
    repeatable: true,
    read: list((text) => readRange(text, 'names')),
  }),
  'media-folder': option({
    value: 'FOLDER',
    meaning:
      'The folder from which cameras added in Settings may play files (file:PATH); if it is not set, they may not.',
    fallback: '',
    read: last((text, folder) => resolve(folder, text)),
  }),
  'ice-host': option({
    value: 'ADDRESS',
    meaning: 'The address to listen on for WebRTC; by default the same as host.',
    fallback: '',
    read: last(readHost),
  }),
  'ice-port': option({
    value: 'PORT|FROM-TO|auto',
    meaning: 'The UDP port for WebRTC, or a range with one port per viewer; auto uses 8189 if it is free.',
    fallback: 'auto',
    read: last(readIcePort),
  }),
  'ice-tcp-port': option({
    value: 'PORT|auto|off',
    meaning: 'The TCP port for WebRTC, for viewers whose network blocks UDP; auto uses the number of the UDP port.',
    fallback: 'auto',
    read: last(readIceTcpPort),
  }),
  'ice-address': option({
    value: 'ADDRESSES',
    meaning:
      'Additional addresses or host names of this machine for WebRTC, if it is behind NAT or in a container; separated by commas.',
    fallback: '',
    repeatable: true,
    read: list(readIceAddress),
  }),
  'ice-server': option({
    value: 'SERVERS',
    meaning:
      'STUN and TURN servers for WebRTC through NAT: stun:HOST:PORT or turn:USER:PASSWORD@HOST:PORT, separated by commas.',
    fallback: '',
    repeatable: true,
    read: list(readIceServer),
  }),
  'tls-cert': option({
    value: 'FILE',
    meaning: 'The certificate chain (PEM) for HTTPS; requires tls-key.',
    fallback: '',
    read: last((text, folder) => resolve(folder, text)),
  }),
  'tls-key': option({
    value: 'FILE',
    meaning: 'The private key (PEM) for tls-cert.',
    fallback: '',
    read: last((text, folder) => resolve(folder, text)),
  }),
  'database-url': option({
    value: 'URL',
    meaning: 'A Postgres database (postgres://…) to use instead of SQLite in the data folder.',
    fallback: '',
    read: last(readDatabaseUrl),
  }),
  'admin-password': option({
    value: 'PASSWORD',
    meaning: 'Creates the user "admin" with this password if there are no users yet.',
    fallback: '',
    environmentOnly: true,
    read: last((text) => text),
  }),
} as const satisfies Record<string, Option>;

/** The name of an option: `port`, `log-level`, … */
export type OptionKey = keyof typeof options;

/** The names of all options, in the order of {@link options}. */
export const optionKeys = Object.keys(options) as OptionKey[];

/** The environment variable of an option: `PORTHOLE_LOG_LEVEL` for `log-level`. */
export function environmentName(key: OptionKey): string {
  return `PORTHOLE_${key.toUpperCase().replaceAll('-', '_')}`;
}

/** Infers the type of an option's value. */
function option<T>(of: Option<T>): Option<T> {
  return of;
}
