import { pino, type Logger } from 'pino';
import type { Config } from './config/config.ts';

/** The paths of values that must never be logged. */
const secrets = [
  'password',
  'token',
  'authorization',
  'cookie',
  '*.password',
  '*.token',
  '*.authorization',
  '*.cookie',
];

/** Creates the log, which writes to the standard output: JSON lines, or readable lines on a terminal. */
export async function createLog({ logLevel, logFormat }: Pick<Config, 'logLevel' | 'logFormat'>): Promise<Logger> {
  // Porthole keeps running when the reader of the log exits (`npm start | head`). The log goes through Node's stream,
  // because pino's own writer would retry forever on exit.
  process.stdout.on('error', () => undefined);
  const options = {
    level: logLevel,
    base: null,
    redact: { paths: secrets, censor: '•••' },
    // Tokens are easy to recognise, wherever they come from.
    hooks: { streamWrite: (line: string): string => line.replace(/porthole_[\w-]{20,}/g, 'porthole_•••') },
  };
  if (logFormat === 'json' || (logFormat === 'auto' && !process.stdout.isTTY)) {
    const formatters = { level: (label: string) => ({ level: label }) };
    return pino({ ...options, formatters, timestamp: pino.stdTimeFunctions.isoTime }, process.stdout);
  }
  // The pretty printer is loaded only when it is needed, and runs in this process.
  const { default: pretty } = await import('pino-pretty');
  const singleLine = { singleLine: true, translateTime: 'SYS:HH:MM:ss.l', colorize: process.stdout.isTTY };
  return pino(options, pretty({ ...singleLine, destination: process.stdout }));
}
