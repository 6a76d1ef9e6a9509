import { readFileSync } from 'node:fs';
import type { Logger } from '../../domain/logger.ts';

/** The part of the descriptors that is kept for cameras, files and the database, and the fewest that are kept. */
const keptPart = 1 / 8;
const fewestKept = 64;
/** With fewer descriptors than this, a busy evening may use all of them. */
const enough = 1_024;

/**
 * How many connections the server takes: fewer than it has file descriptors, so that some remain for cameras, files and
 * the database. Further ones are closed at once. Node.js has raised the soft limit to the hard one before (`RLIMIT_NOFILE`,
 * getrlimit(2)).
 *
 * @returns Infinity where the limit isn't known
 */
export function connectionLimit(log: Logger): number {
  const descriptors = descriptorLimit();
  if (descriptors < enough) {
    log.warn({ descriptors }, 'few open files are allowed: raise the limit (ulimit -n, LimitNOFILE= of systemd)');
  }
  return descriptors - Math.max(fewestKept, Math.ceil(descriptors * keptPart));
}

function descriptorLimit(): number {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined ? Infinity : Number(soft);
  } catch {
    return Infinity;
  }
}
