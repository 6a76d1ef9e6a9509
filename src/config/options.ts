import { resolve } from 'node:path';
import { h264Encoders } from '../domain/h264-encoder.ts';
import { readIceAddress, readIcePort, readIceServer, readIceTcpPort } from './ice.ts';
import {
  last,
  list,
  readCameras,
  readChoice,
  readDatabaseUrl,
  readHost,
  readNumber,
  readOrigin,
  readRange,
} from './values.ts';

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** How much is logged, least first up to `trace`; `silent` logs nothing. */
export type LogLevel = (typeof logLevels)[number];

/** One option of the command line and the environment. */
export interface Option<T = unknown> {
  /** What stands for its value in the help. */
  readonly value: string;
  /** What it does, in one sentence. */
  readonly meaning: string;
  /** The unit of its value, where it has one. */
  readonly unit?: string;
  /** What holds when it is not given, as one would write it; empty for none. */
  readonly fallback: string;
  /** True if it may be given several times on the command line. */
  readonly repeatable?: true;
  /** True for a secret, which others could read on a command line. */
  readonly environmentOnly?: true;
  /** Divides the value of the environment variable of a repeatable option; without it the value is one. */
  readonly split?: (text: string) => readonly string[];
  /** Reads what was given; throws an Error whose message completes "port: …". */
  readonly read: (texts: readonly string[], folder: string) => T;
}

/** Every option there is: the one table that help, reading and docs/configuration.md go by. */
export const options = {
  host: option({
    value: 'ADDRESS',
    meaning: 'The address to listen on; 0.0.0.0 or :: for every network.',
    fallback: '127.0.0.1',
    read: last(readHost),
  }),
  port: option({
    value: 'NUMBER',
    meaning: 'The TCP port to listen on; 0 lets the system choose one.',
    fallback: '8080',
    read: last((text) => readNumber(text, 0, 65_535, 'whole')),
  }),
  data: option({
    value: 'FOLDER',
    meaning: 'Where the database and the photos are kept; created when missing.',
    fallback: './data',
    read: last((text, folder) => resolve(folder, text)),
  }),
  camera: option({
    value: 'NAME=SOURCE',
    meaning:
      'A camera; give it once for each. Those of Settings come beside them; without any: those found, else a test pattern.',
    fallback: '',
    repeatable: true,
    // A URL may hold a semicolon, so only one with blanks around it divides.
    split: (text) => text.split(/\r?\n|\s;\s/),
    read: readCameras,
  }),
  access: option({
    value: 'private|public',
    meaning: 'With public, anyone who reaches the server may watch, never more.',
    fallback: 'private',
    read: last((text) => readChoice(text, ['private', 'public'])),
  }),
  'log-level': option({
    value: 'LEVEL',
    meaning: `How much is logged: ${logLevels.join(', ')}.`,
    fallback: 'info',
    read: last((text) => readChoice(text, logLevels)),
  }),
  'log-format': option({
    value: 'auto|json|pretty',
    meaning: 'How it is logged; auto is pretty on a terminal, else JSON.',
    fallback: 'auto',
    read: last((text) => readChoice(text, ['auto', 'json', 'pretty'])),
  }),
  grace: option({
    value: 'SECONDS',
    meaning: 'How long a camera stays open after the last viewer has left.',
    unit: 's',
    fallback: '5',
    read: last((text) => readNumber(text, 0, 86_400, 'any')),
  }),
  'h264-encoder': option({
    value: 'NAME',
    meaning: `What encodes H.264: ${h264Encoders.join(', ')}, or auto for the first hardware that works.`,
    fallback: 'x264',
    read: last((text) => readChoice(text, [...h264Encoders, 'auto'])),
  }),
  'public-url': option({
    value: 'URL',
    meaning: 'The address under which people reach Porthole, where a proxy stands before it.',
    fallback: '',
    read: last(readOrigin),
  }),
  'trust-proxy': option({
    value: 'ADDRESSES',
    meaning: 'Proxies whose forwarded headers count: addresses or CIDR ranges, separated by commas.',
    fallback: '',
    repeatable: true,
    read: list((text) => readRange(text, 'no names')),
  }),
  'allow-addresses': option({
    value: 'HOSTS',
    meaning:
      'Hosts, addresses or CIDR ranges that camera URLs may name though they are loopback, link-local or metadata addresses, separated by commas.',
    fallback: '',
    repeatable: true,
    read: list((text) => readRange(text, 'names')),
  }),
  'media-folder': option({
    value: 'FOLDER',
    meaning: 'The folder below which cameras added in the page may play files (file:PATH); without it they may not.',
    fallback: '',
    read: last((text, folder) => resolve(folder, text)),
  }),
  'ice-host': option({
    value: 'ADDRESS',
    meaning: 'The address to listen on for WebRTC; without it that of host.',
    fallback: '',
    read: last(readHost),
  }),
  'ice-port': option({
    value: 'PORT|FROM-TO|auto',
    meaning: 'The UDP port of WebRTC, or a range with one for each viewer; auto takes 8189 if that is free.',
    fallback: 'auto',
    read: last(readIcePort),
  }),
  'ice-tcp-port': option({
    value: 'PORT|auto|off',
    meaning: 'The TCP port of WebRTC, for viewers whose network blocks UDP; auto takes the number of the UDP port.',
    fallback: 'auto',
    read: last(readIceTcpPort),
  }),
  'ice-address': option({
    value: 'ADDRESSES',
    meaning:
      'Addresses or names under which WebRTC reaches this machine from elsewhere, behind NAT or in a container; separated by commas.',
    fallback: '',
    repeatable: true,
    read: list(readIceAddress),
  }),
  'ice-server': option({
    value: 'SERVERS',
    meaning:
      'Servers that help WebRTC through NAT: stun:HOST:PORT or turn:USER:PASSWORD@HOST:PORT, separated by commas.',
    fallback: '',
    repeatable: true,
    read: list(readIceServer),
  }),
  'tls-cert': option({
    value: 'FILE',
    meaning: 'The certificate chain (PEM) to serve HTTPS with; needs tls-key.',
    fallback: '',
    read: last((text, folder) => resolve(folder, text)),
  }),
  'tls-key': option({
    value: 'FILE',
    meaning: 'The private key (PEM) of tls-cert.',
    fallback: '',
    read: last((text, folder) => resolve(folder, text)),
  }),
  'database-url': option({
    value: 'URL',
    meaning: 'A Postgres database (postgres://…) to use in place of SQLite in the data folder.',
    fallback: '',
    read: last(readDatabaseUrl),
  }),
  'admin-password': option({
    value: 'PASSWORD',
    meaning: 'Creates the user "admin" with this password when there is no user yet.',
    fallback: '',
    environmentOnly: true,
    read: last((text) => text),
  }),
} as const satisfies Record<string, Option>;

/** The name of an option: `port`, `log-level`, … */
export type OptionKey = keyof typeof options;

/** The names of all options, in the order of the table. */
export const optionKeys = Object.keys(options) as OptionKey[];

/** The environment variable of an option: `PORTHOLE_LOG_LEVEL` for `log-level`. */
export function environmentName(key: OptionKey): string {
  return `PORTHOLE_${key.toUpperCase().replaceAll('-', '_')}`;
}

/** Keeps the type of what an option reads. */
function option<T>(of: Option<T>): Option<T> {
  return of;
}
