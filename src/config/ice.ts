import { isIP } from 'node:net';
import type { IceOptions, IceServer } from '../domain/media/ice.ts';
import { quoted } from './values.ts';

const highestPort = 65_535;
/** The default port of STUN and TURN (RFC 8489, RFC 8656). */
const defaultServerPort = 3_478;

/** Parses `auto`, a UDP port, or a range of ports such as `50000-50100`. */
export function readIcePort(text: string): IceOptions['port'] {
  if (text === 'auto') return 'auto';
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const [begin, end] = [Number(first), Number(last)];
  if (begin >= 1 && end >= begin && end <= highestPort) return Object.freeze({ begin, end });
  throw new Error(`${quoted(text)} is not auto, a port from 1 to ${highestPort}, or a range such as 50000-50100.`);
}

/** Parses `auto`, `off` or a TCP port. */
export function readIceTcpPort(text: string): IceOptions['tcpPort'] {
  if (text === 'auto' || text === 'off') return text;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= highestPort) return port;
  throw new Error(`${quoted(text)} is not auto, off, or a port from 1 to ${highestPort}.`);
}

/** Parses an IP address or host name of this machine. */
export function readIceAddress(text: string): string {
  if (isIP(text) !== 0) return text;
  // Digits and dots alone are a mistyped address, not a host name.
  if (/^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/.test(text) && !/^[\d.]+$/.test(text)) return text.toLowerCase();
  throw new Error(`${quoted(text)} is not an address or host name.`);
}

/** Parses `stun:HOST:PORT` or `turn:USER:PASSWORD@HOST:PORT`. The port is optional. */
export function readIceServer(text: string): IceServer {
  const [, kind, user, password, host = '', port = String(defaultServerPort)] =
    /^(stun|turn):(?:([^:@]+):([^@]+)@)?(\[[0-9a-f:.]+\]|[^:@/[\]]+)(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const isTurn = kind?.toLowerCase() === 'turn';
  const number = Number(port);
  if (kind === undefined || isTurn !== (user !== undefined) || number < 1 || number > highestPort) {
    // The text may contain a password, so the message does not repeat it.
    throw new Error('write stun:HOST:PORT or turn:USER:PASSWORD@HOST:PORT, such as stun:stun.example.org:3478.');
  }
  const address = readIceAddress(host.replace(/^\[|\]$/g, ''));
  if (!isTurn) return Object.freeze({ kind: 'stun', host: address, port: number });
  const [username, secret] = [user, password].map((part) => decode(part ?? ''));
  return Object.freeze({ kind: 'turn', host: address, port: number, username, password: secret } as IceServer);
}

/** Explains why these options cannot be combined; null if they can. */
export function iceProblem({ port, servers }: Pick<IceOptions, 'port' | 'servers'>): string | null {
  const isOne = port !== 'auto' && port.begin === port.end;
  if (!isOne || !servers.some(({ kind }) => kind === 'turn')) return null;
  return '--ice-port: with a TURN server, every viewer needs its own port. Use a range such as 50000-50100, or auto.';
}

/** Decodes a user name or password, in which special characters are percent-encoded, such as `%40` for `@`. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
