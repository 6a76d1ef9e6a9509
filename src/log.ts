import { pino, type Logger } from 'pino';
import type { Config } from './config/config.ts';

/** What a log line may never hold, wherever it hides. */
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

/** Makes the log: JSON lines on the standard output, or readable ones on a terminal. */
export async function createLog({ logLevel, logFormat }: Pick<Config, 'logLevel' | 'logFormat'>): Promise<Logger> {
  // Whoever read the log may leave (`npm start | head`): Porthole goes on. Pino's own writer would try again forever at
  // the end, which is why the log goes through Node's stream.
  process.stdout.on('error', () => undefined);
  const options = { level: logLevel, base: null, redact: { paths: secrets, censor: '•••' } };
  if (logFormat === 'json' || (logFormat === 'auto' && !process.stdout.isTTY)) {
    const formatters = { level: (label: string) => ({ level: label }) };
    return pino({ ...options, formatters, timestamp: pino.stdTimeFunctions.isoTime }, process.stdout);
  }
  // Only here, and in this process: the pretty printer is not needed where a program reads the log.
  const { default: pretty } = await import('pino-pretty');
  const singleLine = { singleLine: true, translateTime: 'SYS:HH:MM:ss.l', colorize: process.stdout.isTTY };
  return pino(options, pretty({ ...singleLine, destination: process.stdout }));
}
