import { isIP } from 'node:net';
import { type Camera, uniqueCameraId } from '../domain/cameras/camera.ts';
import { parseSource, redactSource } from '../domain/cameras/source.ts';

/** A Camera from the command line or the environment. */
export type ConfiguredCamera = Pick<Camera, 'id' | 'name' | 'source'>;

/** Parses the last of several values, as is usual on command lines; null without any. */
export function last<T>(
  read: (text: string, folder: string) => T,
): (texts: readonly string[], folder: string) => T | null {
  return (texts, folder) => {
    const text = texts.at(-1);
    return text === undefined ? null : read(text, folder);
  };
}

/** Parses every item of lists that are separated by commas or white space. */
export function list<T>(read: (text: string) => T): (texts: readonly string[]) => readonly T[] {
  return (texts) =>
    Object.freeze(texts.flatMap((text) => text.split(/[\s,]+/).filter((item) => item !== '')).map(read));
}

/** A text as messages repeat it: without what may be a secret, such as the address of a camera in the wrong option. */
export function quoted(text: string): string {
  return `"${/[@?=]|:\/\//.test(text) ? redactSource(text) : text.slice(0, 100)}"`;
}

/** Parses an address or host name to listen on. */
export function readHost(text: string): string {
  if (!/^[A-Za-z0-9.:%_-]+$/.test(text)) throw new Error(`${quoted(text)} is not an address or host name.`);
  return text;
}

/** Parses a host name or address as browsers use it; a port is ignored. */
export function readHostName(text: string): string {
  const name = /^[^/?#@*\\]+$/.test(text) ? URL.parse(`http://${text}`)?.hostname : undefined;
  if (name === undefined || name === '') {
    throw new Error(`${quoted(text)} is not a host name such as cam.example.org.`);
  }
  return name;
}

/** Parses a number between two bounds, inclusive. */
export function readNumber(text: string, least: number, most: number, kind: 'whole' | 'any'): number {
  const number = Number(text);
  const right = text.trim() !== '' && number >= least && number <= most && (kind === 'any' || Number.isInteger(number));
  if (!right) {
    throw new Error(`${quoted(text)} is not a ${kind === 'whole' ? 'whole ' : ''}number from ${least} to ${most}.`);
  }
  return number;
}

/** Parses one of several words. */
export function readChoice<const T extends string>(text: string, allowed: readonly T[]): T {
  const found = allowed.find((item) => item === text);
  if (found === undefined) throw new Error(`${quoted(text)} is not one of ${allowed.join(', ')}.`);
  return found;
}

/** Parses an origin: scheme, host and optional port. */
export function readOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const bare = url !== null && url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  if (!bare || !/^https?:$/.test(url.protocol)) {
    // The text may contain a password, so the message does not repeat it.
    throw new Error('write http:// or https://, a host and an optional port, such as https://cam.example.org.');
  }
  return url.origin;
}

/** Parses the name of an environment variable, or the beginning of names: `NAME*`. */
export function readVariable(text: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*\*?$/.test(text)) throw new Error(`${quoted(text)} is not the name of a variable.`);
  return text;
}

/** Parses an IP address or CIDR range, or a host name if names are allowed. */
export function readRange(text: string, names: 'names' | 'no names'): string {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  const most = family === 6 ? 128 : 32;
  const ranged = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
  if (family !== 0 && more.length === 0 && ranged) return text;
  // Digits and dots alone are a mistyped address, not a host name.
  if (names === 'names' && /^[A-Za-z0-9_.-]+$/.test(text) && !/^[\d.]+$/.test(text)) return text.toLowerCase();
  throw new Error(
    `${quoted(text)} is not an address${names === 'names' ? ', host name' : ''} or range such as 192.168.1.0/24.`,
  );
}

/** Parses the URL of a Postgres database. */
export function readDatabaseUrl(text: string): string {
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text)) {
    // The text may contain a password, so the message does not repeat it.
    throw new Error('write a complete URL such as postgres://user:password@localhost/porthole.');
  }
  return text;
}

/**
 * Parses cameras written as `NAME=SOURCE`, and gives each an id.
 *
 * @throws {AggregateError} with one error per invalid camera.
 */
export function readCameras(texts: readonly string[]): readonly ConfiguredCamera[] {
  const taken = new Set<string>();
  const cameras: ConfiguredCamera[] = [];
  const errors: unknown[] = [];
  for (const text of texts.map((each) => each.trim()).filter((each) => each !== '')) {
    try {
      const { name, source } = readCamera(text);
      const id = uniqueCameraId(name, taken);
      taken.add(id);
      cameras.push(Object.freeze({ id, name, source }));
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors);
  return Object.freeze(cameras);
}

function readCamera(text: string): Omit<ConfiguredCamera, 'id'> {
  const equals = text.indexOf('=');
  // If the name is missing, the first equals sign belongs to the query of the source.
  if (equals === -1 || /^(\/|(test|rtsps?|https?|file):)/i.test(text)) {
    throw new Error(`"${redactSource(text)}" is not NAME=SOURCE, such as front=/dev/video0.`);
  }
  const name = text.slice(0, equals).trim();
  const source = text.slice(equals + 1).trim();
  if (name === '' || name.length > 60)
    throw new Error(`a camera's name must have 1 to 60 characters, not ${name.length}.`);
  try {
    parseSource(source);
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  return { name, source };
}
