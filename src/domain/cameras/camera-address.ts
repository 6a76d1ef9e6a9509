import { cameraMaker, cameraMakers } from './camera-makers.ts';
import { PortholeError } from '../errors.ts';

/** The address of a camera as people enter it: a whole source, or a host with what they know about the camera. */
export interface CameraAddress {
  /** A source as `parseSource` reads it, or a host: `192.168.1.20`, `camera.local:8080`, `[fd00::20]`. */
  readonly source: string;
  /** The id of a maker; empty if unknown. */
  readonly maker?: string;
  /** The path on the host; empty if unknown. */
  readonly path?: string;
  /** The camera's own sign-in; empty for none. */
  readonly user?: string;
  readonly password?: string;
}

/** What an address means. */
export type ReadAddress =
  /** A whole source, with its login. */
  | { readonly kind: 'source'; readonly source: string }
  /** A host, and the addresses that it may have, without login. */
  | { readonly kind: 'host'; readonly host: string; readonly addresses: readonly string[] };

/** A host, its port and a path: a name, an IPv4 address, or an IPv6 address, in brackets if a port follows. */
const hostPattern = /^(\[[\da-f:.]+\]|[\da-f]*(?::[\da-f]*){2,}|[a-z\d][\w.-]*)(?::(\d{1,5}))?(\/\S*)?$/i;

/**
 * Reads the address of a camera.
 *
 * @throws {PortholeError} `invalid_input`, naming the field.
 */
export function readAddress({ source, maker = '', path = '', user = '', password = '' }: CameraAddress): ReadAddress {
  const written = source.trim();
  const isKnown = maker !== '' || path.trim() !== '';
  const [, host, port, inHost = ''] = hostPattern.exec(written) ?? [];
  // A single word may be a mistake; a network may have such a name, but then something else says that it is meant.
  const isWord = host !== undefined && /^[\w-]+$/.test(host) && host !== 'localhost' && port === undefined;
  if (host === undefined || (isWord && !isKnown)) return { kind: 'source', source: withLogin(written, user, password) };
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return {
    kind: 'host',
    host: port === undefined ? name : `${name}:${port}`,
    addresses: addressesOf(name, port, maker, path.trim() === '' ? inHost : path.trim()),
  };
}

/**
 * The address with this login, which is percent-encoded, so that it may have any characters. An address that has one, and a
 * source that is no URL, stay as they are.
 */
export function withLogin(source: string, user: string, password: string): string {
  const [, scheme, rest = ''] = /^((?:rtsp|http)s?:\/\/)([^]*)$/i.exec(source) ?? [];
  if (scheme === undefined || user === '' || /^[^/?#]*@/.test(rest)) return source;
  return `${scheme}${encoded(user)}${password === '' ? '' : `:${encoded(password)}`}@${rest}`;
}

/** Splits an address from its login, so that a page can show it; null if it has none. */
export function splitLogin(source: string): Required<Pick<CameraAddress, 'source' | 'user' | 'password'>> | null {
  if (!/^(?:rtsp|http)s?:\/\/[^/?#]*@/i.test(source) || !URL.canParse(source)) return null;
  const { username, password } = new URL(source);
  try {
    const login = { user: decodeURIComponent(username), password: decodeURIComponent(password) };
    return { source: source.replace(/\/\/[^/?#]*@/, '//'), ...login };
  } catch {
    return null; // Not encoded: the parts are unclear.
  }
}

function addressesOf(host: string, port: string | undefined, makerId: string, path: string): readonly string[] {
  const maker = cameraMaker(makerId);
  if (maker?.base !== undefined && path === '') {
    throw new PortholeError('invalid_input', {
      ...(maker.hint === undefined ? {} : { message: maker.hint }),
      field: 'path',
    });
  }
  const patterns = path === '' ? [...(maker?.addresses ?? likely)] : withPath(path, maker?.base);
  const all = patterns.map((pattern) => {
    const address = pattern.replace('HOST', () => host);
    return port === undefined ? address : address.replace(/(?<=:\/\/(?:\[[^\]]*\]|[^/:]*)):\d+/, `:${port}`);
  });
  return [...new Set(all)];
}

/** All addresses of all makers: RTSP first, as it needs the least work, and makers in the order of the table. */
const likely = cameraMakers
  .flatMap(({ addresses }) => addresses)
  .toSorted((a, b) => Number(a.startsWith('http')) - Number(b.startsWith('http')));

function withPath(path: string, base: string | undefined): readonly string[] {
  const relative = path.replace(/^\/+/, '');
  const bases = base === undefined ? ['rtsp://HOST:554/', 'http://HOST:80/'] : [base];
  return bases.map((each) => `${each}${relative}`);
}

/** Percent-encodes like encodeURIComponent, and the few characters that it leaves although they delimit in URLs. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);
}
